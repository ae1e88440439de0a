"""An index on disk: a header, ids, codes. Derived state: rebuilt from the banks when lost, refused when damaged.

Layout, little-endian: 8 bytes magic, uint32 version, uint32 bits, uint64 count, 8 zero bytes, SHA-256 of these 32 bytes
and all that follows the header; then int64[count] ids, ascending; then count codes of bits / 8 bytes.
"""

import contextlib
import hashlib
import mmap
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from amparo.errors import BadInput, NotFound, Tampered, Unavailable
from amparo.index.arrays import BITS_MAX, WORD_BITS, IDs, Words

MAGIC = b"AMPAROHX"
VERSION = 1
HEAD = struct.Struct("<8sIIQ8x")
HEADER_SIZE = HEAD.size + 32


def write(path: Path, ids: IDs, codes: Words) -> None:
    """Write rows (ids ascending) beside ``path``, sync, then put them in its place: the old file or the new, never half.

    Raises: Unavailable (index_not_saved).
    """
    head = HEAD.pack(MAGIC, VERSION, codes.shape[1] * WORD_BITS, len(ids))
    parts: tuple[Any, ...] = (np.ascontiguousarray(ids).data, np.ascontiguousarray(codes).data)
    digest = hashlib.sha256(head)
    for part in parts:
        digest.update(part)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - the descriptor is there already
                file.write(head + digest.digest())
                for part in parts:
                    file.write(part)
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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> tuple[IDs, Words]:
    """Ids and codes of ``path`` as read-only maps that processes share, after checking every byte.

    Raises: NotFound (index_missing), BadInput (not_an_index), Tampered (index_damaged).
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEADER_SIZE)
            words, count = _understood(head)
            size = os.fstat(file.fileno()).st_size
            if size != HEADER_SIZE + count * 8 * (1 + words):
                raise _damaged("its size is not what its header says")
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise NotFound("index_missing", "there is no such index file", "Rebuild the index from the banks.") from error
    except OSError as error:
        raise BadInput(
            "not_an_index", "that cannot be read as an index file", "Give a file that save() wrote."
        ) from error
    body = memoryview(whole)[HEADER_SIZE:]
    digest = hashlib.sha256(head[: HEAD.size])
    digest.update(body)
    if digest.digest() != head[HEAD.size :]:
        raise _damaged("its digest is another")
    ids = np.frombuffer(body, np.int64, count)
    codes = np.frombuffer(body, np.uint64, count * words, count * 8).reshape(count, words)
    if count and (int(ids[0]) < 0 or not bool(np.all(ids[1:] > ids[:-1]))):
        raise _damaged("its ids are not ascending")
    return ids, codes


def _understood(head: bytes) -> tuple[int, int]:
    if head[: len(MAGIC)] != MAGIC:
        raise BadInput("not_an_index", "that is not an index file", "Give a file that save() wrote.")
    if len(head) < HEADER_SIZE:
        raise _damaged("its header is cut short")
    _, version, bits, count = HEAD.unpack(head[: HEAD.size])
    if version != VERSION:
        raise BadInput("not_an_index", "the index file is of another version", "Rebuild the index from the banks.")
    if bits % WORD_BITS or not 0 < bits <= BITS_MAX:
        raise _damaged("its code length is impossible")
    return bits // WORD_BITS, count


def _damaged(why: str) -> Tampered:
    return Tampered("index_damaged", f"the index file is damaged: {why}", "Rebuild the index from the banks.")
