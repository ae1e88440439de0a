"""The file of a backup: an uncompressed zip of up to eleven members and their digests. Decides nothing on what they hold.

The digests find damage, not forgery: whoever can write the file can write them too. It holds a secret: mode 0600.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from amparo.errors import AmparoError, BadInput, Conflict, NotFound, Tampered
from amparo.store.durable import file_error, sync_folder

FORMAT: Final = "amparo-backup-3"
LEDGER: Final = "ledger.sqlite"
WITHDRAWALS: Final = "withdrawals.log"
KEY: Final = "withdrawals.key"
INTAKE: Final = "intake.sqlite"
PEPPER: Final = "receipt.pepper"
DESK: Final = ("desk.key", "desk.pub", "tips.pub")
WEBHOOKS: Final = "webhooks.key"
CONSOLE: Final = "console.key"
_FIRST: Final = frozenset({LEDGER, WITHDRAWALS, KEY})
MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "amparo-backup-1": _FIRST,
    "amparo-backup-2": _FIRST | {INTAKE, PEPPER, "desk.key", "desk.pub"},
    FORMAT: _FIRST | {INTAKE, PEPPER, *DESK, WEBHOOKS, CONSOLE},
}
"""What a file of each format may hold; LEDGER and WITHDRAWALS stand in all. Before the portal there was no intake, before the console no webhook and no account of staff."""
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 65_536
CHUNK_BYTES: Final = 1 << 20


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member. sha256: lower-case hex."""

    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself. key_check: tells one withdrawals key from another, and nothing about it."""

    format: str
    version: str
    schema: str
    made_at: str
    withdrawals: int
    key_check: str
    files: dict[str, Held]


def held(path: Path) -> Held:
    """Size and digest of a file. Raises: OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return Held(size, digest.hexdigest())


def pack(path: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the backup at ``path``, on disk when this returns; the ledger is its first member. There is all of it or nothing.

    Raises: Conflict (file_exists), NoRoom (disk_full), Misconfigured (file_refused).
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        fd = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, source in files.items():
                    with source.open("rb") as reading, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as to:
                        _pour(reading, to)
                archive.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.encode(manifest))
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # unlike a rename, never over a file that is there
        partial.unlink()
        sync_folder(path.parent)
    except FileExistsError:
        raise exists() from None
    except OSError as error:
        raise file_error(error, "the backup") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def exists() -> Conflict:
    """The error for a backup that would go over another file."""
    return Conflict("file_exists", "there is a file of that name already", "Backups are never overwritten: name a new file.")  # fmt: skip


def unpack(path: Path, folder: Path) -> Manifest:
    """Write the members, each checked, into ``folder``, synced, mode 0600; nothing else of the file is believed.

    Raises: NotFound (no_file), BadInput (not_a_backup, backup_newer), Tampered (backup_damaged), NoRoom.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive)
        for name, wanted in manifest.files.items():
            info = archive.getinfo(name)
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != wanted.size_bytes:
                raise _damaged()
            try:
                fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with archive.open(info) as reading, os.fdopen(fd, "wb") as to:
                    _pour(reading, to)
                    to.flush()
                    os.fsync(to.fileno())
                found = held(folder / name)
            except OSError as error:
                raise _unread(error, "what is restored") from error
            if found != wanted:
                raise _damaged()
    return manifest


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        raise NotFound("no_file", "there is no such file", "Check the path.") from None
    except OSError as error:
        raise file_error(error, "the backup") from error
    is_ours = start.startswith(b"PK\3\4") and start[30 : 30 + len(LEDGER)] == LEDGER.encode()
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if not is_ours or not {LEDGER, WITHDRAWALS, MANIFEST} <= names <= {MANIFEST, *MEMBERS[FORMAT]}:
                raise BadInput("not_a_backup", "this is no backup of Amparo", "Give a file written by `amparo backup`.")
            yield archive
    except OSError as error:
        raise _unread(error, "the backup") from error
    except (zipfile.BadZipFile, struct.error, EOFError, RuntimeError, ValueError, KeyError, OverflowError) as error:
        if not is_ours:
            raise BadInput(
                "not_a_backup", "this is no backup of Amparo", "Give a file written by `amparo backup`."
            ) from error
        raise _damaged() from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    info = archive.getinfo(MANIFEST)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > MANIFEST_BYTES_MAX:
        raise _damaged()
    raw = archive.read(info)
    try:
        told = msgspec.json.decode(raw, type=dict[str, object]).get("format")
        if isinstance(told, str) and told.startswith("amparo-backup-") and told not in MEMBERS:
            raise BadInput("backup_newer", "the backup was made by a later version of Amparo", "Restore it with that version.")  # fmt: skip
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _damaged() from error
    may_hold = MEMBERS.get(manifest.format, frozenset())
    if not may_hold or {*manifest.files, MANIFEST} != set(archive.namelist()) or not manifest.files.keys() <= may_hold:
        raise _damaged()
    return manifest


def _pour(reading: IO[bytes], to: IO[bytes]) -> None:
    while chunk := reading.read(CHUNK_BYTES):
        to.write(chunk)


def _unread(error: OSError, what: str) -> AmparoError:
    return _damaged() if error.errno == errno.EINVAL else file_error(error, what)  # a place outside the file


def _damaged() -> Tampered:
    return Tampered("backup_damaged", "the backup is damaged", "Take another copy of it, or the backup before it.")
