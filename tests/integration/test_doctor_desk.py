"""What the doctor says of portal and desk: healthy, behind, keys lost, something aside, damage."""

from datetime import timedelta
from pathlib import Path

import pytest

from amparo.app.clock import SystemClock
from amparo.app.doctor import desk
from amparo.app.doctor.model import Finding, Installation, checked
from tests.conftest import SetClock
from tests.integration.desk import file
from tests.integration.installed import installed, settings


def findings(folder: Path, clock: SetClock | SystemClock | None = None) -> dict[str, Finding]:
    """All that is said, by check; of two the worse."""
    installation = Installation(settings(folder), folder, clock or SystemClock())
    found: dict[str, Finding] = {}
    for name, check in (("intake", desk.intake), ("desk", desk.desk)):
        for one in checked(name, check, installation):
            if one.check not in found or found[one.check].state == "ok":
                found[one.check] = one
    return found


def test_all_is_well_before_and_after_the_first_start(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.work()
    found = findings(tmp_path / "a")
    assert {name: one.state for name, one in found.items()} == dict.fromkeys(
        ("intake", "desk_key", "receipts", "desk"), "ok"
    )


@pytest.mark.once
def test_without_an_intake_there_is_nothing_to_say(tmp_path: Path) -> None:
    tmp_path.joinpath("a").mkdir()
    assert {name: one.state for name, one in findings(tmp_path / "a").items()} == {"intake": "ok"}


def test_what_waits_too_long_is_told(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.sent(file(1, picture=2))
        assert findings(tmp_path / "a")["desk"].state == "ok"
        later = SetClock(SystemClock().now() + timedelta(minutes=2))
        behind = findings(tmp_path / "a", later)["desk"]
        assert behind.state == "bad"
        assert behind.text.startswith("2 things")
        house.work()
        assert findings(tmp_path / "a", later)["desk"].state == "ok"


def test_what_stands_aside_is_told_by_its_slug_alone(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        with house.loop.side.db.write() as connection:
            connection.exec_driver_sql("UPDATE envelope SET body = 'her words, in a form nobody knows'")
        house.work()
        aside = findings(tmp_path / "a")["aside"]
        assert (aside.state, aside.text) == (
            "bad",
            "1 things that persons sent could not be taken: unreadable_envelope",
        )


def test_views_that_do_not_arrive_are_told(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.loop.desk.take()
        assert findings(tmp_path / "a")["unshown"].state == "warn"
        house.work()
        assert "unshown" not in findings(tmp_path / "a")


@pytest.mark.parametrize("name", ["desk.key", "desk.pub", "receipt.pepper"])
def test_a_lost_secret_is_told(tmp_path: Path, name: str) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.work()
    (tmp_path / "a" / "secrets" / name).unlink()
    assert any(one.state == "bad" and "missing" in one.text for one in findings(tmp_path / "a").values())


def test_another_pepper_is_told(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
    (tmp_path / "a" / "secrets" / "receipt.pepper").write_text("ab" * 32)
    assert findings(tmp_path / "a")["intake"].state == "bad"


@pytest.mark.once
def test_a_damaged_intake_is_damage(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.work()
    path = tmp_path / "a" / "intake.sqlite"
    raw = bytearray(path.read_bytes())
    raw[4096:] = bytes(byte ^ 0x5A for byte in raw[4096:])
    path.write_bytes(raw)
    assert findings(tmp_path / "a")["intake"].is_damage
