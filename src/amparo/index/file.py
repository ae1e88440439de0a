"""An index on disk (docs/index-format.md): mapped, shared, derived. Rebuilt from the banks when lost, refused when damaged.

Opening checks the header and that the ring can be walked, small files wholly; ``verify`` reads all of it.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput, NotFound, Tampered, Unavailable
from amparo.index.arrays import BITS_MAX, WORD_BITS
from amparo.index.spread import order_of
from amparo.index.table import BUCKETS, PAD, Ring, Table

MAGIC = b"AMPAROHX"
VERSION = 2
HEAD = struct.Struct("<8sIIQQ")
SECTION = struct.Struct("<QQ32s")
SECTIONS = ("ids", "codes", "offsets", "following", "rows")
ORDER_AT = HEAD.size + len(SECTIONS) * SECTION.size
PAGE = 4096
SEAL_AT = PAGE - 32
PIECE = 1 << 24
CHECKED_MAX = 1 << 26
"""Files up to this size are read wholly when opened, in some 50 ms; larger ones by ``verify``."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the first page says. digest: of all (id, code) pairs. sections: by name, where, how long, its SHA-256."""

    bits: int
    count: int
    digest: int
    sections: dict[str, tuple[int, int, bytes]]


def write(path: Path, table: Table, digest: int) -> None:
    """Write a table (ids ascending) beside ``path``, sync, then put it in its place: the old file or the new, never half.

    Raises: Unavailable (index_not_saved).
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - the descriptor is there already
                _write(file, table, digest)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            "index_not_saved", f"the index could not be saved: {error.strerror}", "Check room and rights of its folder."
        ) from error


def _write(file: IO[bytes], table: Table, digest: int) -> None:
    arrays: list[NDArray[Any] | None] = [table.ids, table.codes]
    arrays += [None] * 3 if table.ring is None else [table.ring.offsets, table.ring.following, table.ring.rows]
    bits = table.codes.shape[1] * WORD_BITS
    head, at = HEAD.pack(MAGIC, VERSION, bits, len(table.ids), digest), PAGE
    file.seek(PAGE)
    for array in arrays:
        at = -(-at // PAGE) * PAGE
        file.seek(at)
        body = memoryview(b"") if array is None or not array.size else array.reshape(-1).data.cast("B")
        sum_of = hashlib.sha256()
        for start in range(0, len(body), PIECE):
            sum_of.update(body[start : start + PIECE])
            file.write(body[start : start + PIECE])
        head += SECTION.pack(at, len(body), sum_of.digest())
        at += len(body)
    file.truncate(at)
    page = (head + order_of(bits).astype("<u2").tobytes()).ljust(SEAL_AT, b"\0")
    file.seek(0)
    file.write(page + hashlib.sha256(page).digest())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> tuple[Table, int]:
    """The table of ``path`` over read-only maps that processes share, and its digest. What is in them is not read here.

    Raises: NotFound (index_missing), BadInput (not_an_index), Tampered (index_damaged).
    """
    head, whole = _mapped(path)
    if len(whole) <= CHECKED_MAX:
        _check(head, whole)
    words = head.bits // WORD_BITS
    return Table(
        _part(whole, head, "ids", "<i8"), _codes(whole, head, words), None, _ring(whole, head, words)
    ), head.digest


def verify(path: Path) -> None:
    """Read all of ``path`` and hold it against its digests. Raises: as ``read``."""
    _check(*_mapped(path))


def _check(head: Head, whole: mmap.mmap) -> None:
    end = PAGE
    for name, (at, length, wanted) in head.sections.items():
        if whole[end:at].strip(b"\0"):
            raise _damaged(f"there is something before its {name}")
        end = at + length
        sum_of = hashlib.sha256()
        for start in range(at, at + length, PIECE):
            sum_of.update(memoryview(whole)[start : min(start + PIECE, at + length)])
        if sum_of.digest() != wanted:
            raise _damaged(f"the digest of its {name} is another")
    ids = _part(whole, head, "ids", "<i8")
    if head.count and (int(ids[0]) < 0 or not bool(np.all(ids[1:] > ids[:-1]))):
        raise _damaged("its ids are not ascending")


def head_of(path: Path) -> Head:
    """What the file says of itself. Raises: as ``read``."""
    return _mapped(path)[0]


def _mapped(path: Path) -> tuple[Head, mmap.mmap]:
    try:
        with path.open("rb") as file:
            head = _understood(file.read(PAGE))
            size = os.fstat(file.fileno()).st_size
            if size != max(at + length for at, length, _ in head.sections.values()):
                raise _damaged("its size is not what its header says")
            return head, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise NotFound("index_missing", "there is no such index file", "Rebuild the index from the banks.") from error
    except OSError as error:
        raise BadInput(
            "not_an_index", "that cannot be read as an index file", "Give a file that save() wrote."
        ) from error


def _understood(page: bytes) -> Head:
    if page[: len(MAGIC)] != MAGIC:
        raise BadInput("not_an_index", "that is not an index file", "Give a file that save() wrote.")
    if len(page) < HEAD.size:
        raise _damaged("its header is cut short")
    _, version, bits, count, digest = HEAD.unpack_from(page)
    if version != VERSION:
        raise BadInput("not_an_index", "the index file is of another version", "Rebuild the index from the banks.")
    if len(page) < PAGE or hashlib.sha256(page[:SEAL_AT]).digest() != page[SEAL_AT:]:
        raise _damaged("its header is not what was written")
    if bits % WORD_BITS or not 0 < bits <= BITS_MAX:
        raise _damaged("its code length is impossible")
    if page[ORDER_AT : ORDER_AT + 2 * bits] != order_of(bits).astype("<u2").tobytes():
        raise BadInput("not_an_index", "the index file has another order of bits", "Rebuild the index from the banks.")
    found = {name: SECTION.unpack_from(page, HEAD.size + k * SECTION.size) for k, name in enumerate(SECTIONS)}
    chunks = bits // 16
    walk = (chunks * (BUCKETS + 1) * 4, (chunks * count + PAD) * 2, chunks * count * 4)
    lengths = (count * 8, count * bits // 8, *(walk if found["offsets"][1] else (0, 0, 0)))
    at = PAGE
    for (place, length, _), wanted in zip(found.values(), lengths, strict=True):
        at = -(-at // PAGE) * PAGE
        if (place, length) != (at, wanted):
            raise _damaged("its sections are not where they belong")
        at += length
    return Head(bits, count, digest, found)


def _part(whole: mmap.mmap, head: Head, name: str, kind: str) -> Any:
    at, length, _ = head.sections[name]
    return np.frombuffer(whole, kind, length // np.dtype(kind).itemsize, at)


def _codes(whole: mmap.mmap, head: Head, words: int) -> NDArray[np.uint64]:
    codes: NDArray[np.uint64] = _part(whole, head, "codes", "<u8").reshape(-1, words)
    return codes


def _ring(whole: mmap.mmap, head: Head, words: int) -> Ring | None:
    if not head.sections["offsets"][1]:
        return None
    chunks = 4 * words
    # the offsets are copied: once it was seen that they can be walked, no change of the file may change them
    return Ring(
        np.array(_part(whole, head, "offsets", "<u4")).reshape(chunks, BUCKETS + 1),
        _part(whole, head, "following", "<u2"),
        _part(whole, head, "rows", "<u4").reshape(chunks, -1),
    )


def damaged_ring() -> Tampered:
    """The error for a ring that cannot be walked."""
    return _damaged("its ring cannot be walked")


def _damaged(why: str) -> Tampered:
    return Tampered("index_damaged", f"the index file is damaged: {why}", "Rebuild the index from the banks.")
