"""A sealed file of the log: fixed-width columns, mapped as they lie (docs/upload-log.md). Never changed once it is there.

A unit says all about itself and needs no other file, so that whoever reads units may share them out.
"""

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amparo.errors import NotFound, Tampered
from amparo.hashing import KINDS
from amparo.uploads.model import Upload

MAGIC = b"AMPAROUL"
VERSION = 1
HEAD = struct.Struct(
    "<8sIIQqqQII32s"
)  # magic, version, header bytes, uploads, first, last, size, columns, CRC-32, SHA-256
COLUMN = struct.Struct("<16sIIQQ")  # name, bits of a row, zero, rows, offset
HEADER_BYTES = 4_096
COLUMNS_MAX = (HEADER_BYTES - HEAD.size) // COLUMN.size
ALIGN_BYTES = 64
NONE = 0xFFFF
UPLOADS, TEXTS, OWNER = "uploads", "texts", ".of"
UPLOAD = np.dtype(
    [("at_us", "<i8"), ("text", "<u8"), ("item", "<u2"), ("client", "<u2"), ("uploader", "<u2"), ("zero", "<u2")]
)
SUFFIX = ".unit"

Column = tuple[str, int, int, bytes | bytearray]


def packed(uploads: Iterable[Upload]) -> bytes | None:
    """The bytes of a unit that holds ``uploads``; None when there are none."""
    codes: dict[str, bytearray] = {}
    owners: dict[str, list[int]] = {}
    rows, texts = bytearray(), bytearray()
    first = last = number = 0
    for number, upload in enumerate(uploads, 1):
        first = upload.at_us if number == 1 else min(first, upload.at_us)
        last = upload.at_us if number == 1 else max(last, upload.at_us)
        words = [upload.item_id.encode(), upload.client.encode()]
        ref = None if upload.uploader_ref is None else upload.uploader_ref.encode()
        rows += struct.pack("<qQHHHH", upload.at_us, len(texts), *map(len, words), NONE if ref is None else len(ref), 0)
        texts += b"".join([*words, ref or b""])
        for kind, code in upload.codes.items():
            codes.setdefault(kind, bytearray()).extend(code)
            owners.setdefault(kind, []).append(number - 1)
    if not number:
        return None
    columns: list[Column] = []
    for kind in sorted(codes):
        columns.append((kind, KINDS[kind].bits, len(owners[kind]), codes[kind]))
        columns.append((kind + OWNER, 32, len(owners[kind]), np.asarray(owners[kind], "<u4").tobytes()))
    columns += [(UPLOADS, UPLOAD.itemsize * 8, number, rows), (TEXTS, 8, len(texts), texts)]
    return _laid_out(columns, number, first, last)


def _laid_out(columns: list[Column], number: int, first: int, last: int) -> bytes:
    table, body = bytearray(), bytearray()
    for name, bits, count, held in columns:
        body += bytes(-len(body) % ALIGN_BYTES)
        table += COLUMN.pack(name.encode("ascii"), bits, 0, count, HEADER_BYTES + len(body))
        body += held
    size = HEADER_BYTES + len(body)
    digest = hashlib.sha256(body).digest()
    told = (MAGIC, VERSION, HEADER_BYTES, number, first, last, size, len(columns))
    header = bytearray(HEAD.pack(*told, 0, digest) + table).ljust(HEADER_BYTES, b"\0")
    header[: HEAD.size] = HEAD.pack(*told, zlib.crc32(header), digest)
    return bytes(header) + bytes(body)


class Unit:
    """A unit, mapped. count: its uploads; first_us, last_us: when the first and the last of them were answered."""

    def __init__(self, path: Path) -> None:
        """Checks the header and that all it names is there. Raises: NotFound (unit_gone), Tampered (unit_damaged), OSError."""
        try:
            with path.open("rb") as file:
                header = file.read(HEADER_BYTES)
                size = os.fstat(file.fileno()).st_size
                if len(header) < HEADER_BYTES:
                    raise _damaged("its header is cut short")
                whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise NotFound("unit_gone", "that file of the upload log is gone", "Its time was over.") from None
        magic, version, header_bytes, count, first, last, told, columns, checksum, digest = HEAD.unpack_from(header)
        if (magic, version, header_bytes) != (MAGIC, VERSION, HEADER_BYTES):
            raise _damaged("it is no unit of this version")
        blank = HEAD.pack(magic, version, header_bytes, count, first, last, told, columns, 0, digest)
        if zlib.crc32(blank + header[HEAD.size :]) != checksum or columns > COLUMNS_MAX:
            raise _damaged("its header's checksum is another")
        if told != size:
            raise _damaged("its size is not what its header says")
        self.path, self.count, self.first_us, self.last_us = path, count, first, last
        self._digest, self._whole = digest, whole
        self._columns = dict(self._places(header, columns, size))
        if not self._hangs_together():
            raise _damaged("its columns do not fit each other")

    @property
    def kinds(self) -> list[str]:
        """The kinds it holds codes of."""
        return [name for name in self._columns if name in KINDS]

    def codes(self, kind: str) -> NDArray[np.uint8]:
        """uint8[N, bytes], mapped: the codes of that kind, N = 0 when it holds none."""
        if kind not in self._columns:
            return np.empty((0, KINDS[kind].bits // 8), np.uint8)
        bits, rows, offset = self._columns[kind]
        return np.frombuffer(self._whole, np.uint8, rows * bits // 8, offset).reshape(rows, bits // 8)

    def owners(self, kind: str) -> NDArray[np.uint32]:
        """uint32[N], ascending: whose each of ``codes`` is."""
        return self._array(kind + OWNER, np.dtype("<u4")) if kind in self._columns else np.empty(0, np.uint32)

    def times_us(self) -> NDArray[np.int64]:
        """int64[count]: when each was answered."""
        times: NDArray[np.int64] = self._array(UPLOADS, UPLOAD)["at_us"]
        return times

    def upload(self, number: int) -> Upload:
        """One upload, with its codes. Raises: Tampered (unit_damaged)."""
        row = self._array(UPLOADS, UPLOAD)[number]
        sizes = [int(row["item"]), int(row["client"]), 0 if row["uploader"] == NONE else int(row["uploader"])]
        _, length, offset = self._columns[TEXTS]
        start = int(row["text"])
        if start + sum(sizes) > length:
            raise _damaged("a text lies outside it")
        words = []
        for size in sizes:
            words.append(self._whole[offset + start : offset + start + size])
            start += size
        try:
            item, client, ref = (word.decode() for word in words)
        except UnicodeDecodeError:
            raise _damaged("a text is no UTF-8") from None
        return Upload(int(row["at_us"]), client, item, None if row["uploader"] == NONE else ref, self._codes_of(number))

    def uploads(self) -> Iterator[Upload]:
        """All of them. Raises: Tampered (unit_damaged)."""
        return (self.upload(number) for number in range(self.count))

    def may_name(self, item_id: str) -> bool:
        """Whether these letters stand anywhere in it: False is certain."""
        return self._whole.find(item_id.encode(), HEADER_BYTES) >= 0

    def check(self) -> None:
        """Read every byte. Raises: Tampered (unit_damaged) where the digest is another."""
        with memoryview(self._whole) as view, view[HEADER_BYTES:] as body:
            digest = hashlib.sha256(body).digest()
        if digest != self._digest:
            raise _damaged("its digest is another")

    def _codes_of(self, number: int) -> dict[str, bytes]:
        codes = {}
        for kind in self.kinds:
            owners = self.owners(kind)
            row = int(np.searchsorted(owners, number))
            if row < len(owners) and owners[row] == number:
                codes[kind] = self.codes(kind)[row].tobytes()
        return codes

    def _array(self, name: str, dtype: "np.dtype[Any]") -> NDArray[Any]:
        _, rows, offset = self._columns[name]
        return np.frombuffer(self._whole, dtype, rows, offset)

    def _places(self, header: bytes, columns: int, size: int) -> Iterator[tuple[str, tuple[int, int, int]]]:
        for number in range(columns):
            name, bits, _, rows, offset = COLUMN.unpack_from(header, HEAD.size + number * COLUMN.size)
            if bits % 8 or offset < HEADER_BYTES or offset % ALIGN_BYTES or offset + rows * bits // 8 > size:
                raise _damaged("a column lies outside it")
            yield name.rstrip(b"\0").decode("ascii", "replace"), (bits, rows, offset)

    def _hangs_together(self) -> bool:
        wanted: Mapping[str, tuple[int, int | None]] = {UPLOADS: (UPLOAD.itemsize * 8, self.count), TEXTS: (8, None)}
        for kind in self.kinds:
            wanted = {**wanted, kind: (KINDS[kind].bits, None), kind + OWNER: (32, self._columns[kind][1])}
        for name, (bits, rows) in wanted.items():
            found = self._columns.get(name)
            if found is None or found[0] != bits or rows not in (None, found[1]):
                return False
        return all(not len(held) or int(held[-1]) < self.count for held in map(self.owners, self.kinds))


def _damaged(why: str) -> Tampered:
    return Tampered(
        "unit_damaged", f"a file of the upload log is damaged: {why}", "Delete it: the log is not trusted, only missed."
    )
