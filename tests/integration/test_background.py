"""The background worker: what one step of its round cannot do keeps no other from being done; what it does when it stops."""

import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.app.worker import work_once
from amparo.banks.model import BankPolicy, Listing
from amparo.terms.signal import Signal
from tests.ledgers import LEDGERS


@pytest.mark.parametrize(
    ("broken", "slugs"),
    [("nothing", []), ("withdrawals file", ["withdrawals_elsewhere"]), ("upload log", ["file_refused"])],
)
def test_a_step_that_fails_holds_up_no_other(tmp_path: Path, broken: str, slugs: list[str]):
    environ = {"AMPARO_MATCH_SNAPSHOT_SIGNALS_MIN": "1", **LEDGERS.variables(tmp_path)}
    rooms = open_rooms(load(tmp_path / "amparo.toml", environ, SECTIONS, data=tmp_path))
    try:
        gone = rooms.banks.new_bank("Gone", BankPolicy())
        bank = rooms.banks.new_bank("A", BankPolicy())
        rooms.banks.list_contents("Gone", "site", [Listing((Signal("md5", bytes(16)),), "x")])
        listed = rooms.banks.list_contents("A", "site", [Listing((Signal("pdq", bytes([one]) * 32, 100),), str(one)) for one in (1, 2)])  # fmt: skip
        rooms.banks.withdraw(bank, listed[0].content_id)
        rooms.banks.delete_bank(gone.name)
        if broken == "withdrawals file":
            (tmp_path / "withdrawals.log").unlink()
        if broken == "upload log":
            (tmp_path / "uploads" / ".lock").mkdir(parents=True)
        with capture_logs() as said:
            work_once(rooms, threading.Event(), replays=True)
        assert sorted({one["slug"] for one in said if one["event"] == "background work failed"}) == slugs
        assert rooms.banks.purge() == 0, "the deleted bank was not cleared"
        assert len(rooms.keeper.snapshots.found()) == 1, "no snapshot was written"
    finally:
        rooms.close()


def test_a_stop_asks_a_fifth_of_what_makes_a_snapshot_due(tmp_path: Path):
    environ = {"AMPARO_MATCH_SNAPSHOT_SIGNALS_MIN": "10", **LEDGERS.variables(tmp_path)}
    rooms = open_rooms(load(tmp_path / "amparo.toml", environ, SECTIONS, data=tmp_path))
    try:
        rooms.banks.new_bank("A", BankPolicy())
        for first, last, is_end, is_due in (
            (0, 200, False, True),
            (200, 203, True, False),
            (203, 205, False, False),  # a tenth of 200 would be 20
            (205, 206, True, True),  # a fifth of that
            (206, 206, True, False),
        ):
            codes = [number.to_bytes(2, "big") * 16 for number in range(first, last)]
            rooms.banks.list_contents("A", "site", [Listing((Signal("pdq", code, 100),), code.hex()) for code in codes])
            assert rooms.keeper.keep(is_end=is_end) == is_due, last
    finally:
        rooms.close()
