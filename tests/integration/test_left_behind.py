"""What stays on disk of a content that was withdrawn: its hash, note and external id stand in no file of the data folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from amparo.banks.model import BankPolicy, Listing
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.store.db import Database, sqlite_url
from amparo.store.schema import migrate
from amparo.terms.signal import Signal
from tests.conftest import SetClock

pytestmark = pytest.mark.once

CODE = bytes(range(100, 132))
NOTE, EXTERNAL_ID = "told by a person who asked", "case-0815-4711"
NEEDLES = (CODE, CODE.hex().encode(), NOTE.encode(), EXTERNAL_ID.encode())


def files_with(folder: Path) -> set[str]:
    """Names of files that hold any of it."""
    files = [one for one in folder.rglob("*") if one.is_file()]
    return {one.name for one in files if any(needle in one.read_bytes() for needle in NEEDLES)}


def test_a_withdrawn_content_is_in_no_file_once_the_log_was_emptied(tmp_path: Path):
    db, key = Database(sqlite_url(tmp_path / "ledger.sqlite")), b"k" * 32
    migrate(db, tmp_path / "lock")
    withdrawals = WithdrawalsFile(tmp_path / "withdrawals.log", key)
    banks = Banks(db, SetClock(datetime(2026, 5, 19, tzinfo=UTC)), key, withdrawals)
    bank = banks.new_bank("A", BankPolicy())
    (listed,) = banks.list_contents("A", "client:one", [Listing((Signal("pdq", CODE),), EXTERNAL_ID, NOTE)])
    assert listed.content_id is not None
    assert db.empty_log()
    assert files_with(tmp_path) == {"ledger.sqlite"}
    banks.withdraw(bank, listed.content_id)
    assert db.empty_log()
    assert files_with(tmp_path) == set()
    assert (
        banks.list_contents("A", "client:one", [Listing((Signal("pdq", CODE),), EXTERNAL_ID)])[0].outcome == "withdrawn"
    )
    db.close()


def test_the_log_is_left_to_whoever_reads_it(tmp_path: Path):
    db = Database(sqlite_url(tmp_path / "ledger.sqlite"))
    migrate(db, tmp_path / "lock")
    with db.read() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM bank").all()
        with db.write() as writing:
            writing.exec_driver_sql("UPDATE counter SET next = next + 1")
        assert not db.empty_log()
    assert db.empty_log()
    db.close()
