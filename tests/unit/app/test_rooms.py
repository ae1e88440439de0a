"""What opening the rooms leaves on disk."""

import stat
from pathlib import Path

from amparo.app.rooms import opened
from amparo.store.durable import make_private_folder


def test_nobody_else_may_read_what_is_made(tmp_path: Path):
    open_to_all = tmp_path / "data"
    open_to_all.mkdir(mode=0o755)
    with opened(open_to_all) as rooms:
        rooms.access.new_client("Forum")
        files = [path for path in open_to_all.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"ledger.sqlite", "ledger.sqlite-wal", "withdrawals.key", "limits"}
        assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_parents_made_on_the_way_are_private_too(tmp_path: Path):
    make_private_folder(tmp_path / "data" / "run" / "metrics")
    made = (tmp_path / "data", tmp_path / "data" / "run", tmp_path / "data" / "run" / "metrics")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in made] == [0o700] * 3
