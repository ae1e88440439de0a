"""The running service's desk: what a person sends is matchable within seconds in every worker, and taken back it is so in every worker."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amparo.app.clock import SystemClock
from amparo.app.intake import intake_of, receipts_of, secrets_of
from amparo.app.rooms import settings_of
from amparo.intake.home import Opened
from amparo.intake.model import FileIn
from amparo.intake.sealed_to import SealTo
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.sealing.keys import desk_recipient
from tests.e2e.running import Service, family, started, until
from tests.integration.desk import code, file
from tests.integration.intake import answered
from tests.ledgers import LEDGERS

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with started(tmp_path, "--workers", "2", **LEDGERS.variables(tmp_path / "var", is_new=True)) as running:
        running.ready_line()
        yield running


@contextlib.contextmanager
def portal_of(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    """The portal's side of the service's intake, in this process."""
    for name, value in service.environ.items():
        if name.startswith("AMPARO_"):
            monkeypatch.setenv(name, value)
    settings = settings_of(service.folder)
    db = intake_of(settings.deployment)
    desk = desk_recipient(secrets_of(settings.deployment))
    try:
        yield Intake(db, SystemClock(), settings.section(IntakeSettings), receipts_of(settings), SealTo(desk))
    finally:
        db.close()


def sent(portal: Intake, *files: FileIn) -> Opened:
    """A case that went the whole way, opened by its number."""
    draft = answered()
    token = portal.begin(draft)
    portal.add_files(token, files)
    opened = portal.open(portal.submit_case(token, draft))
    assert opened is not None
    return opened


def names(portal: Intake, opened: Opened) -> dict[int, set[str]]:
    """In which states each file is shown."""
    return {one.number: {state.name for state in one.states} for one in portal.home(opened).files}


def verdicts(service: Service, key: dict[str, str], picture: int) -> dict[str, list[str]]:
    """Origins met by worker, of every worker."""
    found: dict[str, list[str]] = {}
    while len(found) < 2:
        body = {"signals": [{"kind": "pdq", "value": code(picture)}], "item_id": "i"}
        answer = httpx.post(f"{service.url}/v1/match", json=body, headers=key).raise_for_status()
        found[answer.headers["amparo-worker"]] = [one["origin"] for one in answer.json()["matches"]]
    return found


def test_a_case_is_found_shown_and_taken_back_in_every_worker(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = service.key("admin")
    with portal_of(service, monkeypatch) as portal:
        began = time.monotonic()
        hers, others = sent(portal, file(1), file(2, picture=7)), sent(portal, file(1, picture=7))
        until(lambda: names(portal, hers) == {1: {"listed"}, 2: {"listed"}}, "listed")
        until(lambda: "listed" in names(portal, others)[1], "the other case listed")
        assert time.monotonic() - began < 5
        both = {f"case-{hers.case_uid}", f"case-{others.case_uid}"}
        assert all(set(met) == both for met in verdicts(service, key, 7).values())
        until(lambda: "matched" in names(portal, hers)[2], "the matches shown")

        began = time.monotonic()
        portal.withdraw(hers, [2])
        until(lambda: "withdrawn" in names(portal, hers)[2], "withdrawn")
        print(f"withdrawn shown after {time.monotonic() - began:.1f} s")
        assert names(portal, hers)[2] >= {"matched", "withdrawn"}
        assert all(met == [f"case-{others.case_uid}"] for met in verdicts(service, key, 7).values())
        assert all(met == [f"case-{hers.case_uid}"] for met in verdicts(service, key, 1).values())


def test_what_is_sent_while_the_worker_is_down_is_all_taken_by_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with portal_of(service, monkeypatch) as portal:
        worker = next(pid for pid, command in family(service.folder).items() if "amparo.app.worker" in command)
        os.kill(worker, signal.SIGSTOP)  # it hangs: nobody takes anything
        cases = [sent(portal, file(1, picture=number)) for number in range(1, 9)]
        time.sleep(1.5)
        assert all(names(portal, one)[1] == {"received"} for one in cases), "she is told the truth"
        os.kill(worker, signal.SIGKILL)
        until(lambda: all(names(portal, one)[1] == {"listed"} for one in cases), "all listed by the new worker")
        again = sent(portal, file(1, picture=1))
        until(lambda: names(portal, again)[1] == {"listed"}, "the queue goes on")
