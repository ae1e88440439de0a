"""The file a process is writing: uploads one after the other, each with its length and checksum. Sealing is not done here.

What was appended survives a killed process; power loss may take what was not yet sealed. A record cut short counts for
nothing. Whoever takes the file away (by renaming it, its lock held) makes the writer begin
another, so that nothing is written to a file that somebody reads to its end.
"""

import contextlib
import fcntl
import os
import secrets
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from amparo.store.durable import make_private_folder
from amparo.uploads.model import Upload

MAGIC = b"AMPAROUJ"
HEAD = struct.Struct("<8sI4x")
RECORD = struct.Struct("<II")  # bytes that follow, their CRC-32
VERSION = 1
RECORD_BYTES_MAX = 16_384
OPEN, CLOSED = ".open", ".closed"

_DECODER = msgspec.msgpack.Decoder(Upload)
_ENCODER = msgspec.msgpack.Encoder()


class Journal:
    """One a process; threads may share it. Makes its file at the first upload."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._path = folder

    def append(self, uploads: Sequence[Upload]) -> None:
        """Write them down, in one call. Raises: OSError, NoRoom, Misconfigured (file_refused); then none is in the file."""
        records = b"".join(map(_record, uploads))
        if not records:
            return
        with self._lock, self._held(uploads[0].at_us) as fd:
            start = os.fstat(fd).st_size
            if os.write(fd, records) != len(records):
                os.ftruncate(fd, start)
                raise OSError("no room left for the upload log")
            if start + len(records) >= self._bytes_max:
                self._path.rename(self._path.with_suffix(CLOSED))

    def close(self) -> None:
        """Let go of the file; the next upload begins another."""
        with self._lock:
            self._let_go()

    @contextlib.contextmanager
    def _held(self, at_us: int) -> Iterator[int]:
        """The file, locked, and still where it was."""
        while True:
            fd = self._fd = self._begin(at_us) if self._fd is None else self._fd
            fcntl.flock(fd, fcntl.LOCK_EX)
            if self._path.exists():
                break
            self._let_go()
        try:
            yield fd
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)

    def _begin(self, at_us: int) -> int:
        make_private_folder(self._folder)
        self._path = self._folder / f"{max(at_us, 0):020d}-{secrets.token_hex(8)}{OPEN}"
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if os.write(fd, head := HEAD.pack(MAGIC, VERSION)) != len(head):
            os.close(fd)
            raise OSError("no room left for the upload log")
        return fd

    def _let_go(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _record(upload: Upload) -> bytes:
    body = _ENCODER.encode(upload)
    if len(body) > RECORD_BYTES_MAX:
        raise OSError("an upload too long for the log")
    return RECORD.pack(len(body), zlib.crc32(body)) + body


def take(path: Path) -> Path | None:
    """Take the file from its writer; its new name, None when somebody else was first. Raises: OSError."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        return path.rename(path.with_suffix(CLOSED))
    except FileNotFoundError:
        return None
    finally:
        os.close(fd)


def uploads_in(path: Path) -> Iterator[Upload]:
    """Every whole upload in the file; damaged ones and a torn end are passed over. Raises: OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or HEAD.unpack(head) != (MAGIC, VERSION):
            return
        while len(record := file.read(RECORD.size)) == RECORD.size:
            size, checksum = RECORD.unpack(record)
            if size > RECORD_BYTES_MAX:
                return
            body = file.read(size)
            if len(body) == size and zlib.crc32(body) == checksum:
                with contextlib.suppress(msgspec.MsgspecError):
                    yield _DECODER.decode(body)
