"""Files that survive power loss: write whole, append, make folders. Decides nothing about their content.

Source: POSIX fsync and rename; a new name is durable only when its folder is synced too.
"""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from amparo.errors import AmparoError, Misconfigured, NoRoom


def no_room(what: str) -> NoRoom:
    """The error for a full disk, naming what was being written."""
    return NoRoom(
        "disk_full",
        f"no room left on disk while writing {what}",
        "Free room on the data disk; nothing was half written.",
    )


def file_error(error: OSError, what: str) -> AmparoError:
    """Our error for an OSError of writing or reading ``what``."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return no_room(what)
    return Misconfigured(
        "file_refused", f"{what} cannot be used: {os.strerror(error.errno or 0)}", "Check its owner and mode."
    )


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_private_folder(folder: Path) -> None:
    """Make ``folder`` (and parents), readable by its owner alone."""
    try:
        missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
        for one in reversed(missing):  # mkdir(parents=True) would open the parents to all
            one.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise file_error(error, f"the folder {folder.name}") from error


def make_private_file(path: Path) -> None:
    """Make ``path``, empty, readable by its owner alone, where there is none; one that is there stays as it is."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise file_error(error, path.name) from error


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, mode 0600: after a crash either the old or the new content is there, never a part."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise file_error(error, path.name) from error


def secret_file(path: Path, size_bytes: int) -> bytes:
    """The secret kept at ``path``; made of ``size_bytes`` random bytes (as hex) when it is not there yet.

    Raises: Misconfigured (secret_damaged) when the file holds something else.
    """
    make_private_folder(path.parent)
    with locked(path.with_name(f".{path.name}.lock")):
        if not path.exists():
            write_whole(path, secrets.token_hex(size_bytes).encode() + b"\n")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, OSError):
        secret = b""
    if len(secret) != size_bytes:
        raise Misconfigured(
            "secret_damaged", f"{path.name} is not {size_bytes} bytes of hex", "Restore it from your backup."
        )
    return secret


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the advisory lock at ``path`` against other processes; waits for it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise file_error(error, path.name) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
