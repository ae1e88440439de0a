"""The upload log over a real data folder: what the doctor says of it, and the commands that list, check, erase and look back."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from amparo.app.rooms import opened
from amparo.banks.model import BankPolicy, Listing
from amparo.cli.main import main
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from tests.integration.test_doctor import CLOCK, findings

KEEP = {"UPLOADS_KEEP_DAYS": "5"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with the log on, three uploads in one sealed file and one in an open one; the first is listed."""
    monkeypatch.setenv("AMPARO_UPLOADS_KEEP_DAYS", "5")
    data = tmp_path / "data"
    with opened(data) as rooms:
        rooms.banks.new_bank("A", BankPolicy())
        rooms.banks.list_contents("A", "one", [Listing((Signal("pdq", bytes([0, 255] * 16), 100),))])
        for number in range(3):
            log(rooms, number, CLOCK.now())
        rooms.uploads.seal(all_open=True)
        log(rooms, 0, CLOCK.now(), client="other")
    return data


def log(rooms, number: int, now: datetime, client: str = "site") -> None:
    signals = (Signal("pdq", bytes([number * 85, 255] * 16), 100), Signal("md5", bytes([number]) * 16))
    rooms.uploads.log(client, (f"item-{number}", f"up-{number}"), signals, to_us(now))
    rooms.uploads.flush()


def told(capfd: pytest.CaptureFixture, *words: str, status: int = 0) -> list[dict]:
    assert main([*words, "--jsonl"]) == status
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_the_doctor_is_content_with_a_log_that_is_kept_as_asked(folder: Path) -> None:
    assert "upload_log" not in findings(folder, **KEEP)


def test_the_doctor_says_what_is_kept_too_long_damaged_or_left_over(folder: Path) -> None:
    class Later:
        def now(self) -> datetime:
            return CLOCK.now() + timedelta(days=6)

    assert findings(folder, Later(), **KEEP)["upload_log"].state == "bad"
    assert findings(folder)["upload_log"].state == "warn"
    (unit,) = (folder / "uploads").glob("*.unit")
    os.truncate(unit, 100)
    assert "cannot be read" in findings(folder, **KEEP)["upload_log"].text


def test_files_are_listed_and_checked(folder: Path, capfd: pytest.CaptureFixture) -> None:
    (listed,) = told(capfd, "uploads", "list", "--data", str(folder))
    assert (listed["uploads"], listed["unit"][-5:]) == (3, ".unit")
    assert told(capfd, "uploads", "check", "--data", str(folder)) == [{"unit": listed["unit"]}]
    path = folder / "uploads" / listed["unit"]
    os.truncate(path, path.stat().st_size - 1)
    (bad,) = told(capfd, "uploads", "check", "--data", str(folder), status=20)
    assert bad["error"]["slug"] == "unit_damaged"
    (bad,) = told(capfd, "uploads", "list", "--data", str(folder))
    assert bad["error"]["slug"] == "unit_damaged"
    for verb in ("list", "check"):
        main(["uploads", verb, "--data", str(folder)])
        assert listed["unit"] in capfd.readouterr().out


def test_items_are_erased_and_all_is_purged(folder: Path, capfd: pytest.CaptureFixture) -> None:
    assert main(["uploads", "purge", "--client", "site", "--data", str(folder)]) == 2
    assert main(["uploads", "purge", "--item", "item-0", "--client", "site", "--data", str(folder)]) == 0
    assert "1 uploads erased" in capfd.readouterr().err
    found = told(capfd, "rescan", "--bank", "A", "--data", str(folder))
    assert [(one["item_id"], one["client"]) for one in found] == [("item-0", "other")]
    assert main(["uploads", "purge", "--data", str(folder)]) == 0
    assert not list((folder / "uploads").glob("*.*n*"))
    assert main(["rescan", "--bank", "A", "--data", str(folder)]) == 2
    assert "no logged uploads" in capfd.readouterr().err


def test_a_rescan_says_all_that_the_contract_says_it_does(folder: Path, capfd: pytest.CaptureFixture) -> None:
    found = told(capfd, "rescan", "--bank", "a", "--threads", "1", "--data", str(folder))
    assert [one.pop("at")[:4] for one in found] == [str(CLOCK.now().year)] * 2
    common = {"item_id": "item-0", "uploader_ref": "up-0", "bank": "A", "content_id": 1, "kind": "pdq", "distance_bits": 0, "threshold_bits": 31}  # fmt: skip
    assert found == [{**common, "client": "site"}, {**common, "client": "other"}]
    assert not list((folder / "run" / "rescans").iterdir())
    assert main(["rescan", "--bank", "A", "--data", str(folder)]) == 0
    seen = capfd.readouterr()
    assert "item-0\tA\t1\tpdq\t0/31 bits" in seen.out
    assert "2 files, 2 found" in seen.err


def test_a_rescan_takes_times_and_says_what_it_cannot(folder: Path, capfd: pytest.CaptureFixture) -> None:
    later = "2999-01-01T00:00:00Z"
    assert told(capfd, "rescan", "--bank", "A", "--since", later, "--data", str(folder)) == []
    assert told(capfd, "rescan", "--bank", "A", "--listed-since", later, "--data", str(folder)) == []
    assert main(["rescan", "--bank", "A", "--since", "yesterday", "--data", str(folder)]) == 2
    assert main(["rescan", "--bank", "None", "--data", str(folder)]) == 2
    capfd.readouterr()


def test_a_damaged_file_is_told_and_the_rest_goes_on(folder: Path, capfd: pytest.CaptureFixture) -> None:
    (unit,) = (folder / "uploads").glob("*.unit")
    os.truncate(unit, 5_000)
    bad, found = told(capfd, "rescan", "--bank", "A", "--data", str(folder), status=3)
    assert (bad["unit"], bad["error"]["slug"]) == (unit.name, "unit_damaged")
    assert found["client"] == "other"
    state = folder / "here"
    again = told(capfd, "rescan", "--bank", "A", "--state", str(state), "--data", str(folder), status=3)
    assert again == [bad, found]
    assert told(capfd, "rescan", "--bank", "A", "--state", str(state), "--data", str(folder), status=3) == again
    assert told(capfd, "rescan", "--bank", "A", "--state", str(state), "--restart", "--data", str(folder), status=3) == again  # fmt: skip


def test_a_paused_bank_says_so(folder: Path, capfd: pytest.CaptureFixture) -> None:
    with opened(folder) as rooms:
        rooms.banks.set_policy("A", BankPolicy(paused=True))
    assert main(["rescan", "--bank", "A", "--jsonl", "--data", str(folder)]) == 0
    seen = capfd.readouterr()
    assert seen.out == ""
    assert "paused" in seen.err
