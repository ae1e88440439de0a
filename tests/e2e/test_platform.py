"""From a person's file to a platform's page and back: a screenshot of what she protects is posted at the demo platform, hidden, removed,
restored; the platform is away for a while and catches up. All processes are real; staff decide by the room's own verbs here, at a
browser in tests/browser.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.access.staff_model import StaffPrincipal
from amparo.app.review import Reviewing, reviewing
from amparo.app.rooms import open_rooms, settings_of
from amparo.intake.model import FileIn, PDQIn
from amparo.review.asking import Filter
from amparo.review.model import Decision
from tests.e2e.running import Service, free_ports, started, until
from tests.e2e.test_desk_service import names, portal_of, sent
from tests.forum import code, forum, hosts, picture, screenshot
from tests.ledgers import LEDGERS

pytestmark = pytest.mark.enable_socket
ANN = StaffPrincipal(1, "Ann", "lead", "en")


@pytest.fixture
def port() -> int:
    return free_ports() + 5


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[Service]:
    environ = {**LEDGERS.variables(tmp_path / "var", is_new=True), **hosts(port), "AMPARO_CASES_NEW_ACTION": "hide"}
    with started(tmp_path, "--workers", "1", **environ) as running:
        running.ready_line()
        running.command("client", "new", "forum")
        yield running


@contextlib.contextmanager
def desk_of(service: Service) -> Iterator[Reviewing]:
    """Staff's verbs over the ledger of the service."""
    rooms = open_rooms(settings_of(service.folder))
    try:
        yield reviewing(rooms)
    finally:
        rooms.close()


def test_hidden_within_a_second_confirmed_restored_and_she_sees_each_step(
    service: Service, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = FileIn(1, "picture", [PDQIn(code(picture()), 100)])
    with portal_of(service, monkeypatch) as portal, forum(service, port, tmp_path / "forum") as platform:
        opened = sent(portal, hers)
        until(lambda: names(portal, opened)[1] == {"listed"}, "listed")
        post = platform.post(screenshot(picture()))
        began = time.monotonic()
        until(lambda: not platform.shows(post), "hidden")
        print(f"hidden after {time.monotonic() - began:.2f} s")
        assert platform.state(post) == "hidden"
        until(lambda: "hidden" in names(portal, opened)[1], "she is shown that it was hidden")
        with desk_of(service) as desk:
            (work,) = desk.queue.listed(ANN, Filter(kinds=("match",)), None, 10).works
            outcome = desk.deciding.decide(ANN, work.id, Decision("confirm"), "key-1")
            until(lambda: platform.state(post) == "removed", "removed")
            until(lambda: {"confirmed", "removed"} <= names(portal, opened)[1], "she is shown that it was removed")
            assert outcome.decision is not None
            desk.deciding.undo(ANN, outcome.decision.id)
        until(lambda: platform.shows(post), "restored")
        until(lambda: "restored" in names(portal, opened)[1], "she is shown that it was restored")
        assert platform.told(post)["history"] == ["hide", "remove", "restore"]


def test_a_platform_that_was_away_catches_up_and_what_is_reported_becomes_work(
    service: Service, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service.environ.items():
        if name.startswith("AMPARO_"):
            monkeypatch.setenv(name, value)
    bank = service.command("bank", "new", "A", "--action", "hide")
    assert bank
    with forum(service, port, tmp_path / "forum") as platform:
        post = platform.post(screenshot(picture()))
        platform.report(post, "threat", "He said that he would post it.")
        with desk_of(service) as desk:
            until(lambda: desk.queue.listed(ANN, Filter(kinds=("report",)), None, 10).works, "the report's work")
            (work,) = desk.queue.listed(ANN, Filter(kinds=("report",)), None, 10).works
    with desk_of(service) as desk:
        desk.deciding.decide(ANN, work.id, Decision("confirm", "hide"), "key-2")
    with forum(service, port, tmp_path / "forum") as platform:
        until(lambda: platform.state(post) == "hidden", "the forum caught up")
        assert platform.told(post)["history"] == ["hide"]
