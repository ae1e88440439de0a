"""`amparo scan FOLDER`: a verdict for every file below a folder; begun again, it goes on where it was ended."""

import argparse
import contextlib
import fcntl
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from amparo.cli.files import Told, files_below, over
from amparo.cli.match import bank_option, judged, show
from amparo.cli.options import (
    SOME_FAILED,
    data_option,
    emit,
    jsonl_option,
    name_of,
    progress,
    say,
)
from amparo.cli.server import Asking, asked
from amparo.errors import Conflict
from amparo.store.durable import make_private_folder


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("scan", help="a verdict for every file below a folder; resumable")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    bank_option(parser)
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="where the answers so far are kept until all are there"
    )
    parser.add_argument("--restart", action="store_true", help="begin anew, whatever an earlier run had found")
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=asked(_scan))


class Kept:
    """The answers so far, in a file that is gone once all are told. A half-written last line counts for nothing."""

    def __init__(self, path: Path, *, restart: bool) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise Conflict("scan_runs", "another scan of this folder runs", "Wait for it, or give --state.") from error
        if restart:
            self._file.truncate()
        self._places: dict[str, tuple[list[int], int]] = {}
        end = place = 0
        for line in self._file:
            place, end = end, end + len(line)
            with contextlib.suppress(msgspec.MsgspecError):
                name, state, _ = msgspec.json.decode(line, type=tuple[str, list[int], Told])
                if line.endswith(b"\n"):
                    self._places[name] = (state, place)
                    continue
            end = place
            break
        self._file.truncate(end)

    def __len__(self) -> int:
        return len(self._places)

    def has(self, path: Path) -> bool:
        """Whether the file was answered for, and is as it was then."""
        known = self._places.get(name_of(path))
        return known is not None and known[0] == _state(path)

    def answer(self, path: Path) -> Told:
        """The answer of then."""
        self._file.seek(self._places[name_of(path)][1])
        _, _, told = msgspec.json.decode(self._file.readline(), type=tuple[str, list[int], Told])
        return told

    def keep(self, path: Path, told: Told) -> None:
        """Write the answer down."""
        self._file.seek(0, io.SEEK_END)
        self._file.write(msgspec.json.encode((name_of(path), _state(path), told)) + b"\n")
        self._file.flush()

    def done(self) -> None:
        """All is told: nothing need be kept."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _state(path: Path) -> list[int]:
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]


@contextlib.contextmanager
def _kept(wanted: argparse.Namespace, service: Asking) -> Iterator[Kept]:
    path = wanted.state
    if path is None:
        scans = service.settings.deployment.data_dir.absolute() / "run" / "scans"
        for folder in (scans.parents[1], scans.parent, scans):
            make_private_folder(folder)
        asked_of = service.settings.deployment.api_url if wanted.data is None else ""
        of = msgspec.json.encode([name_of(wanted.folder.resolve()), wanted.bank, asked_of])
        path = scans / f"{hashlib.sha256(of).hexdigest()[:24]}.jsonl"
    kept = Kept(path, restart=wanted.restart)
    try:
        yield kept
    finally:
        kept.close()


async def _scan(wanted: argparse.Namespace, service: Asking) -> int:
    paths = files_below(wanted.folder)
    failed = matched = 0
    judge = await judged(service, wanted.bank)
    with _kept(wanted, service) as kept, progress(len(paths), "scan", "file") as bar:
        if len(kept):
            say(f"going on after {len(kept)} files of an earlier run; --restart begins anew")

        async def answer(path: Path) -> Told:
            """The answer of an earlier run, or a new one."""
            return kept.answer(path) if kept.has(path) else await judge(path)

        async for path, told in over(paths, answer):
            if not kept.has(path):
                kept.keep(path, told)
            failed += "error" in told
            matched += told.get("verdict") == "match"
            (emit if wanted.jsonl else show)(told)
            bar.update()
        kept.done()
    say(f"{len(paths)} files, {matched} matched, {failed} could not be read")
    return SOME_FAILED if failed else 0
