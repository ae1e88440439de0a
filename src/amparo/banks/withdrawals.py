"""The withdrawals file: every withdrawal as a keyed digest, outside the database, so that an older backup cannot
bring back what was withdrawn. Holds no hash, name or id in the clear; decides nothing.

One line a record, ``v1 OP TIME IDENTITY CHAIN``: OP is `withdraw` (a content), `silence` (an identity that never had
a content of its own), `relist`, or `move` (a content went from here to the identity relisted by the line before); CHAIN = HMAC-SHA256(key, chain before || the line up to here). Each line is on disk
before the act is acknowledged. A last line without its newline was never acknowledged and is cut by the next writer.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

from amparo.errors import BadInput, Misconfigured, Tampered
from amparo.store.durable import file_error, locked, make_private_folder, sync_folder
from amparo.terms.clock import from_text, to_text

Op = Literal["withdraw", "silence", "relist", "move"]
OPS: Final = frozenset(get_args(Op))
START: Final = bytes(32)
TAIL_BYTES: Final = 512  # more than the longest line


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the file; identity is 32 bytes."""

    op: Op
    at: datetime
    identity: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """How far a file has come: where its last whole line ends, and that line's chain (32 bytes)."""

    size_bytes: int
    chain: bytes


class WithdrawalsFile:
    """The file at ``path``, written by any process of this installation, one at a time."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key

    def append(self, records: Iterable[Record], known: Head | None = None) -> Head:
        """Put ``records`` on disk, all or none acknowledged; how far the file has come then.

        known: where it was when it was last written to; a file that never was there is another one.
        Raises: NoRoom, Misconfigured (withdrawals_elsewhere, file_refused), Tampered (withdrawals_damaged).
        """
        make_private_folder(self.path.parent)
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            try:
                is_new = not self.path.exists()
                self.check_goes_on(known)
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    head = self._write(fd, records)
                finally:
                    os.close(fd)
                if is_new:
                    sync_folder(self.path.parent)
            except OSError as error:
                raise file_error(error, self.path.name) from error
            return head

    def head(self) -> Head:
        """How far the file has come. Raises: Tampered (withdrawals_damaged), Misconfigured (file_refused)."""
        try:
            with self.path.open("rb") as file:
                return Head(*self._end(file.fileno()))
        except FileNotFoundError:
            return Head(0, START)
        except OSError as error:
            raise file_error(error, self.path.name) from error

    def check_goes_on(self, known: Head | None) -> None:
        """The file was once at ``known``. Raises: Misconfigured (withdrawals_elsewhere) when it is shorter, or another one."""
        if known is None or known.size_bytes == 0:
            return
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, known.size_bytes - TAIL_BYTES))
                before = file.read(min(TAIL_BYTES, known.size_bytes))
        except FileNotFoundError:
            before = b""
        except OSError as error:
            raise file_error(error, self.path.name) from error
        if not before.endswith(b" " + known.chain.hex().encode() + b"\n"):
            raise Misconfigured(
                "withdrawals_elsewhere",
                "this withdrawals file is not the one that the ledger was last written with, or an older copy of it",
                "All machines on one ledger need the same AMPARO_WITHDRAWALS_FILE; if it is lost: docs/operate.md, Incidents.",
            )

    def read(self) -> Iterator[Record]:
        """All acknowledged records in order, each checked against the chain.

        Raises: Tampered (withdrawals_damaged) naming the line.
        """
        if not self.path.exists():
            return
        chain = START
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                record, chain_read = _parsed(line, number)
                chain = self._chained(chain, _body(record))
                if not hmac.compare_digest(chain, chain_read):
                    raise _damaged(number)
                yield record

    def settled(self) -> dict[bytes, Op]:
        """The last word on each identity."""
        return {record.identity: record.op for record in self.read()}

    def places(self) -> dict[bytes, bytes]:
        """To which identity each that was moved away went last."""
        found, before = dict[bytes, bytes](), START
        for record in self.read():
            if record.op == "move":
                found[record.identity] = before
            before = record.identity
        return found

    def _write(self, fd: int, records: Iterable[Record]) -> Head:
        end, chain = self._end(fd)
        lines = bytearray()
        for record in records:
            body = _body(record)
            chain = self._chained(chain, body)
            lines += body + b" " + chain.hex().encode() + b"\n"
        os.ftruncate(fd, end)  # a torn last line goes
        try:
            view = memoryview(bytes(lines))
            while view:
                written = os.pwrite(fd, view, end + len(lines) - len(view))
                view = view[written:]
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, end)
            raise
        return Head(end + len(lines), chain)

    def _end(self, fd: int) -> tuple[int, bytes]:
        """Where the last whole line ends, and its chain."""
        size = os.fstat(fd).st_size
        start = max(0, size - 2 * TAIL_BYTES)
        tail = os.pread(fd, size - start, start)
        whole = tail[: tail.rfind(b"\n") + 1]
        if not whole:
            if size >= TAIL_BYTES:
                raise _damaged(0)
            return 0, START
        last = whole[whole.rfind(b"\n", 0, -1) + 1 :]
        return start + len(whole), _parsed(last, 0)[1]

    def _chained(self, chain: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, chain + body, "sha256")


def _body(record: Record) -> bytes:
    return f"v1 {record.op} {to_text(record.at)} {record.identity.hex()}".encode()


def _parsed(line: bytes, number: int) -> tuple[Record, bytes]:
    try:
        _, op, at, identity, chain = line.decode("ascii").split()
        record = Record(op, from_text(at, what="a record"), bytes.fromhex(identity))  # type: ignore[arg-type]  # checked below
        chain_bytes = bytes.fromhex(chain)
    except (ValueError, BadInput) as error:
        raise _damaged(number) from error
    as_written = _body(record) + b" " + chain_bytes.hex().encode() + b"\n"
    if line != as_written or op not in OPS or {len(record.identity), len(chain_bytes)} != {32}:
        raise _damaged(number)
    return record, chain_bytes


def _damaged(number: int) -> Tampered:
    where = f"line {number}" if number else "its end"
    return Tampered(
        "withdrawals_damaged",
        f"the withdrawals file is damaged, or was written with another key, at {where}",
        "Restore the newest copy of it; until then nothing can be withdrawn or relisted.",
    )
