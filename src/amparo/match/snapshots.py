"""Snapshots of the indexes in `DIR/index`: mapped files that a machine's processes share, and from which they start. Searches nothing.

Derived state, trusted only as far as the ledger says: it holds a row for each, with a random token that names the folder,
the generation, and count and digest by kind. What another ledger made, or a restore took back, has no row and is not read.
"""

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from amparo.errors import AmparoError, Tampered
from amparo.hashing import KINDS
from amparo.index import HammingIndex
from amparo.match import rows
from amparo.store.db import AnyRow, Database
from amparo.store.durable import file_error, make_private_folder
from amparo.terms.clock import Clock, to_us

KEPT = 2
TOKEN_BYTES = 16
_TOKEN = re.compile(r"[0-9a-f]{32}\Z")
_MAKING = ".making-"
MAPPED = tuple(name for name, kind in KINDS.items() if kind.over == "pixels" and not kind.is_exact)
"""The kinds whose index is a file of its own; the others are read from the ledger."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that is on the disk and in the ledger. signal_last: no signal in it has a higher id. kinds: count and digest."""

    token: str
    generation: int
    signal_last: int
    made_us: int
    kinds: Mapping[str, tuple[int, str]]

    @property
    def signals(self) -> int:
        """How many it holds."""
        return sum(count for count, _ in self.kinds.values())


class Snapshots:
    """Those of one machine. One process writes, any may load."""

    def __init__(self, db: Database, folder: Path, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.folder = folder

    def found(self) -> list[Snapshot]:
        """Those that are on the disk and of this ledger, newest first."""
        tokens = self._tokens()
        if not tokens:
            return []
        with self._db.read() as connection:
            return [_snapshot(row) for row in rows.snapshots(connection, tokens)]

    def load(self) -> tuple[Snapshot, dict[str, HammingIndex]] | None:
        """The newest that is whole, its indexes mapped; of another nothing is used. A damaged one is said in the log."""
        for snapshot in self.found():
            try:
                return snapshot, self.opened(snapshot)
            except AmparoError as error:
                structlog.get_logger().warning("a snapshot of the index is not used", slug=error.slug)
        return None

    def opened(self, snapshot: Snapshot) -> dict[str, HammingIndex]:
        """Its indexes by kind, every byte held against what was written.

        Raises: NotFound (index_missing), BadInput (not_an_index), Tampered (index_damaged).
        """
        indexes = {}
        for name in MAPPED:
            path = self.folder / snapshot.token / name
            HammingIndex.verify(path)
            index = indexes[name] = HammingIndex.load(path)
            if index.bits != KINDS[name].bits or _told(index) != snapshot.kinds.get(name):
                raise Tampered("index_damaged", "the snapshot is not the one the ledger knows", "It is made anew.")
        return indexes

    def write(self, indexes: Mapping[str, HammingIndex], generation: int, signal_last: int) -> Snapshot:
        """A new one of these indexes as they are at ``generation``. Raises: Unavailable (index_not_saved), NoRoom."""
        token = secrets.token_hex(TOKEN_BYTES)
        making = self.folder / (_MAKING + token)
        make_private_folder(making)
        try:
            for name, index in indexes.items():
                index.save(making / name)
            kinds = {name: _told(index) for name, index in indexes.items()}
            made = Snapshot(token, generation, signal_last, to_us(self._clock.now()), kinds)
            with self._db.write_soon() as connection:
                rows.add_snapshot(connection, _values(made))
            try:
                making.rename(self.folder / token)
            except OSError as error:
                raise file_error(error, "the snapshot of the index") from error
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return made

    def tidy(self, holds_withdrawn: Callable[[Snapshot], bool]) -> int:
        """Delete what is not of this ledger, what is half written, all but the newest KEPT, and of these the older ones
        that hold what was withdrawn since; how many went. Processes that map one keep it until they stand on another.
        """
        found = self.found()
        kept = [one for number, one in enumerate(found[:KEPT]) if not number or not holds_withdrawn(one)]
        tokens = {one.token for one in kept}
        return sum(self._dropped(token) for token in self._tokens(half_written=True) if token not in tokens)

    def _dropped(self, name: str) -> bool:
        with self._db.write_soon() as connection:  # first: what has no row is used by nobody
            rows.drop_snapshot(connection, name)
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return True

    def _tokens(self, *, half_written: bool = False) -> Sequence[str]:
        with contextlib.suppress(FileNotFoundError):
            names = [one.name for one in self.folder.iterdir()]
            return [name for name in names if _TOKEN.match(name) or (half_written and name.startswith(_MAKING))]
        return []


def _told(index: HammingIndex) -> tuple[int, str]:
    return len(index), f"{index.digest():016x}"


def _values(one: Snapshot) -> dict[str, object]:
    kinds = json.dumps(one.kinds)
    fixed = {"token": one.token, "generation": one.generation, "signal_last": one.signal_last}
    return {**fixed, "made_us": one.made_us, "kinds": kinds}


def _snapshot(row: AnyRow) -> Snapshot:
    kinds = {name: (count, digest) for name, (count, digest) in json.loads(row.kinds).items()}
    return Snapshot(row.token, row.generation, row.signal_last, row.made_us, kinds)
