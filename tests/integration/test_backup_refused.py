"""Backups that cannot be made or brought back: damaged, foreign, hostile, no room, killed. All or nothing, and named."""

import contextlib
import fcntl
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from amparo.cli.main import main
from amparo.errors import AmparoError, BadInput, Conflict, Misconfigured, NotFound, Tampered
from tests.integration.restoring import (
    SEED,
    bring_back,
    furnished,
    make,
    origins_met,
)

pytestmark = pytest.mark.once


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return furnished(tmp_path / "data")


def test_never_over_an_existing_file(house: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(Conflict):
        make(house, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Conflict):
        make(house, tmp_path / "link")


def test_it_is_its_owners_alone_and_leaves_nothing_beside_it(house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    file = make(house, folder / "b")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [file]


def test_a_folder_that_is_not_empty_is_refused(house: Path, tmp_path: Path) -> None:
    file = make(house, tmp_path / "b")
    before = (house / "ledger.sqlite").read_bytes()
    with pytest.raises(Conflict):
        bring_back(house, file)
    assert (house / "ledger.sqlite").read_bytes() == before
    (tmp_path / "empty").mkdir()
    bring_back(tmp_path / "empty", file)
    assert origins_met(tmp_path / "empty", 3) == {"two"}


def test_every_damage_is_seen(house: Path, tmp_path: Path) -> None:
    raw = make(house, tmp_path / "b").read_bytes()
    draw = random.Random(SEED)
    places = sorted({draw.randrange(len(raw)) for _ in range(60)} | set(range(len(raw) - 90, len(raw), 3)))
    outcomes = set()
    for at in places:
        (tmp_path / "damaged").write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
        outcomes.add(outcome_of(tmp_path, house))
    for size in (0, 1, 30, 100, len(raw) // 2, len(raw) - 1):
        (tmp_path / "damaged").write_bytes(raw[:size])
        outcomes.add(outcome_of(tmp_path, house))
    assert outcomes <= {2, 20, "whole"}
    assert 20 in outcomes


def outcome_of(tmp_path: Path, house: Path) -> object:
    """The exit status, with no folder left; or that all came back as it was (a byte that says nothing, as a date)."""
    try:
        bring_back(tmp_path / "r", tmp_path / "damaged")
    except AmparoError as error:
        if not isinstance(error, Tampered | BadInput):
            raise
        assert not (tmp_path / "r").exists()
        assert not (tmp_path / ".r.restoring").exists()
        return error.exit_status
    secret = Path("secrets") / "withdrawals.key"
    assert (tmp_path / "r" / secret).read_bytes() == (house / secret).read_bytes()
    assert origins_met(tmp_path / "r", 3) == {"two"}
    (tmp_path / "r").rename(tmp_path / f"r{time.monotonic_ns()}")
    return "whole"


@pytest.mark.parametrize(
    "names",
    [
        ["../evil"],
        ["/etc/evil"],
        ["ledger.sqlite", "../../evil"],
        ["ledger.sqlite", "withdrawals.log", "manifest.json", "ledger.sqlite/../x"],
        ["ledger.sqlite", "withdrawals.log", "manifest.json", "amparo.toml"],
        ["ledger.sqlite", "ledger.sqlite"],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_foreign_archives_and_hostile_names_are_refused(tmp_path: Path, names: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(BadInput) as refused:
        bring_back(tmp_path / "deep" / "r", tmp_path / "z")
    assert refused.value.slug == "not_a_backup"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "z"]


MEMBERS = {"ledger.sqlite": b"x", "withdrawals.log": b"", "withdrawals.key": b"k"}


def manifest(**changes: object) -> bytes:
    files = {name: {"size_bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()} for name, raw in MEMBERS.items()}
    told = {"format": "amparo-backup-1", "version": "0.1.0", "schema": "0001", "made_at": "2026-01-01T00:00:00Z"}
    return json.dumps(told | {"withdrawals": 0, "key_check": "00" * 8, "files": files} | changes).encode()


@pytest.mark.parametrize(
    ("raw", "compression", "error", "slug"),
    [
        (manifest(format="amparo-backup-4", more=1), zipfile.ZIP_STORED, BadInput, "backup_newer"),
        (manifest(format="x"), zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (manifest(more=1), zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (manifest(files={}), zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (manifest(files={"../evil": {"size_bytes": 1, "sha256": ""}}), zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (b"{" + b" " * 70_000 + b"}", zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (b"not JSON", zipfile.ZIP_STORED, Tampered, "backup_damaged"),
        (manifest(), zipfile.ZIP_DEFLATED, Tampered, "backup_damaged"),
        (manifest(), zipfile.ZIP_STORED, Misconfigured, "key_differs"),
    ],
)
def test_a_manifest_is_believed_in_nothing(
    tmp_path: Path, raw: bytes, compression: int, error: type[AmparoError], slug: str
) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w", compression) as archive:
        for name, held in MEMBERS.items():
            archive.writestr(name, held)
        archive.writestr("manifest.json", raw)
    with pytest.raises(error) as refused:
        bring_back(tmp_path / "r", tmp_path / "z", WITHDRAWALS_KEY="cd" * 32)
    assert refused.value.slug == slug
    assert sorted(path.name for path in tmp_path.iterdir()) == ["z"]


def test_where_nothing_can_be_restored(house: Path, tmp_path: Path) -> None:
    file = make(house, tmp_path / "b")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for place in ("file", "link"):
        with pytest.raises(Conflict):
            bring_back(tmp_path / place, file)
    with pytest.raises(Conflict) as refused:
        bring_back(Path("/proc"), file)
    assert refused.value.slug in {"folder_not_empty", "folder_is_mount"}
    with pytest.raises(Misconfigured):
        bring_back(tmp_path / "r", file, DATABASE_URL=f"sqlite:///{tmp_path}/other")
    with pytest.raises(NotFound):
        bring_back(tmp_path / "r", tmp_path / "none")
    with pytest.raises(NotFound):
        bring_back(tmp_path / "r", file, tmp_path / "none")
    assert not (tmp_path / "r").exists()


def test_one_restore_at_a_time_and_what_an_ended_one_left_is_cleared(house: Path, tmp_path: Path) -> None:
    file, scratch = make(house, tmp_path / "b"), tmp_path / ".r.restoring"
    (scratch / "secrets").mkdir(parents=True)
    (scratch / "ledger.sqlite").write_text("half")
    fd = os.open(scratch, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    with pytest.raises(Conflict) as refused:
        bring_back(tmp_path / "r", file)
    assert refused.value.slug == "restore_runs"
    assert (scratch / "ledger.sqlite").exists()
    os.close(fd)
    bring_back(tmp_path / "r", file)
    assert origins_met(tmp_path / "r", 3) == {"two"}


def test_where_nothing_can_be_backed_up(house: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        make(tmp_path / "none", tmp_path / "b")
    assert not (tmp_path / "none").exists()
    with pytest.raises(Misconfigured):
        make(house, tmp_path / "no" / "folder" / "b")
    log = house / "withdrawals.log"
    kept = log.read_bytes()
    log.write_bytes(kept.replace(b"withdraw ", b"relist ", 1))
    with pytest.raises(Tampered):
        make(house, tmp_path / "b")
    log.write_bytes(kept)
    (house / "secrets" / "withdrawals.key").unlink()
    with pytest.raises(Misconfigured):
        make(house, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_what_the_commands_tell_a_program(house: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    assert main(["backup", str(tmp_path / "b"), "--data", str(house), "--jsonl"]) == 0
    made = json.loads(capfd.readouterr().out)
    assert made["withdrawals"] == 1
    assert made["size_bytes"] > 0
    assert main(["restore", str(tmp_path / "b"), "--data", str(tmp_path / "r"), "--jsonl"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told.pop("has_intake") is False
    assert told == {"made_at": made["made_at"], "withdrawals": 1, "newer": 0, "set_right": 0, "is_current": False}


@pytest.mark.parametrize("raw", [b"", b"hello", b"PK\3\4", bytes(4096), b"SQLite format 3\0" + bytes(200)])
def test_foreign_files_are_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "f").write_bytes(raw)
    with pytest.raises(BadInput) as refused:
        bring_back(tmp_path / "r", tmp_path / "f")
    assert refused.value.slug == "not_a_backup"


def limited(size: int, *words: str) -> subprocess.CompletedProcess:
    """A command whose files cannot grow over ``size`` bytes, as on a disk that is full."""
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        f"from amparo.cli import main; sys.exit(main({list(words)!r}))"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_no_room_leaves_nothing_half(house: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    file = make(house, tmp_path / "b")
    size = file.stat().st_size
    for room in (size // 2, size - 200):  # while the ledger is copied; while the archive is written
        done = limited(room, "backup", str(out / "b"), "--data", str(house))
        assert done.returncode == 1, done.stderr
        assert "no room left on disk" in done.stderr
        assert list(out.iterdir()) == []
    done = limited(size // 2, "restore", str(file), "--data", str(out / "r"))
    assert (done.returncode, list(out.iterdir())) == (1, []), done.stderr
    assert "no room left on disk" in done.stderr


def test_a_restore_killed_at_any_moment_leaves_all_or_nothing(house: Path, tmp_path: Path) -> None:
    file, folder = make(house, tmp_path / "b"), tmp_path / "r"
    draw = random.Random(SEED)
    print(f"seed {SEED}")
    command = [sys.executable, "-m", "amparo", "restore", str(file), "--data", str(folder)]
    for _ in range(8):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0.2, 1.2))
            process.send_signal(signal.SIGKILL)
        if folder.exists():
            assert origins_met(folder, 3) == {"two"}
            folder.rename(tmp_path / f"r{time.monotonic_ns()}")
    bring_back(folder, file)
    assert not (tmp_path / ".r.restoring").exists()
    assert origins_met(folder, 3) == {"two"}
