"""The keys to which a person's words are sealed, by name: the desk key, and the tips key for words that may name a child.

The desk's secret half lies in a file that a passphrase protects: ``desk.key`` is an age identity file as `age -i desk.key` takes it, ``desk.pub`` the recipient. Whoever only seals needs desk.pub alone.
A key that was renewed has the earlier ones behind it in the same file, so that what was sealed to them still opens.
Of the tips key only the public half is a file, ``tips.pub``: its secret is handed to staff, sealed to their own keys, and lies nowhere else.
Source: https://c2sp.org/age, scrypt recipient (pyrage chooses a work factor that takes about a second).
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pyrage

from amparo.errors import BadInput, Conflict, Misconfigured, Tampered
from amparo.sealing.age import Identity, check_recipient, identity_of, new_identity
from amparo.store.durable import locked, make_private_folder, sync_folder, write_whole

PRIVATE: Final = "desk.key"
PUBLIC: Final = "desk.pub"
TIPS: Final = "tips.pub"
LOST: Final = "desk.key.lost-"
"""Begins the name of a key's file whose passphrase is lost; the last eight letters of its public half end it."""
_NEW: Final = "desk.key.new"
PASSPHRASE_CHARS_MIN: Final = 12
ROUND_S: Final = 5e-7
"""No machine does one of scrypt's 2^N rounds (r = 8) in less: an answer in less than all of them was given without the work."""
MEASURED_ANEW_S: Final = 10.0
PAUSE_S: Final = 0.05


def has_desk_key(folder: Path) -> bool:
    """Whether the key is there, made to the end."""
    return (folder / PRIVATE).exists()


def make_desk_key(folder: Path, passphrase: str) -> Identity:
    """Draw the key; both its halves, for this once. A making that was cut short is begun anew, so say the passphrase to its owner before this.

    Raises: Conflict (desk_key_there), BadInput (bad_passphrase), Misconfigured (secret_missing), NoRoom.
    """
    _check(passphrase)
    make_private_folder(folder)
    with locked(folder / ".desk.lock"):
        if has_desk_key(folder):
            raise Conflict("desk_key_there", "there is a desk key already", "It is kept: text was sealed to it.")
        if (folder / PUBLIC).exists() and not (folder / _NEW).exists():
            raise _missing(PRIVATE)  # lost, not unfinished: a new one would leave all that was sealed closed for ever
        made = new_identity()
        write_whole(folder / _NEW, _locked_up([made], passphrase))
        write_whole(folder / PUBLIC, made.recipient.encode() + b"\n")
        (folder / _NEW).rename(folder / PRIVATE)
        sync_folder(folder)
    return made


def renew_desk_key(folder: Path, passphrase: str, before: str | None) -> str:
    """Draw another key in place of the present one, under another passphrase; its recipient. Whoever seals must read desk.pub anew.

    before: the passphrase until now, by which the earlier keys go on opening what was sealed to them. None: it is lost, or their
    file is, and so is what only they open; where there is a file it is kept beside (LOST) for the day the passphrase is found. Cut short it is begun anew.
    Raises: BadInput (bad_passphrase, wrong_passphrase), Misconfigured (secret_missing, secret_damaged), Tampered (desk_key_differs), NoRoom.
    """
    _check(passphrase)
    with locked(folder / ".desk.lock"):
        earlier: list[Identity] = []
        if before is not None:
            earlier = open_desk_keys(folder, before)
        else:
            lost = folder / f"{LOST}{desk_recipient(folder)[-8:]}"
            if has_desk_key(folder) and not lost.exists():  # else the file is lost too, or a renewal was cut short
                write_whole(lost, _read(folder / PRIVATE))
        made = new_identity()
        write_whole(folder / PRIVATE, _locked_up([made, *earlier], passphrase))
        write_whole(folder / PUBLIC, made.recipient.encode() + b"\n")
    return made.recipient


def desk_recipient(folder: Path) -> str:
    """To whom a person's words are sealed. Raises: Misconfigured (secret_missing, secret_damaged)."""
    return _recipient(folder, PUBLIC)


def tips_recipient(folder: Path) -> str:
    """To whom words are sealed that may name a child; "" while that key was not made. Raises: Misconfigured (secret_damaged)."""
    return _recipient(folder, TIPS) if (folder / TIPS).exists() else ""


def make_tips_key(folder: Path, keep: Callable[[Identity], None]) -> str:
    """Draw the tips key; its recipient. One that is there is kept, and nothing is drawn.

    keep: puts the secret where those are who may open tips, durably; only then is anything sealed to it. Cut short it is begun anew.
    Raises: Misconfigured (secret_damaged), NoRoom, what ``keep`` raises.
    """
    make_private_folder(folder)
    with locked(folder / ".tips.lock"):
        if there := tips_recipient(folder):
            return there
        made = new_identity()
        keep(made)
        write_whole(folder / TIPS, made.recipient.encode() + b"\n")
    return made.recipient


def open_desk_key(folder: Path, passphrase: str) -> Identity:
    """The key to which is sealed now. Takes about a second. Raises: as ``open_desk_keys``."""
    return open_desk_keys(folder, passphrase)[0]


def open_desk_keys(folder: Path, passphrase: str) -> list[Identity]:
    """The key to which is sealed now, and the earlier ones. Takes about a second.

    Raises: BadInput (wrong_passphrase), Misconfigured (secret_missing, secret_damaged), Tampered (desk_key_differs) when
    desk.pub is the public half of none: what came in since was sealed to somebody else.
    """
    recipient, locked_key = desk_recipient(folder), _read(folder / PRIVATE)
    if not locked_key.startswith(b"age-encryption.org/v1\n-> scrypt "):
        raise Misconfigured("secret_damaged", f"{PRIVATE} is no protected age key", "Restore it from your backup.")
    try:
        lines = _unlocked(locked_key, passphrase).decode("ascii").splitlines()
        held = [identity_of(line) for line in lines]
    except (pyrage.DecryptError, UnicodeEncodeError):
        raise BadInput(
            "wrong_passphrase", "the passphrase does not open the desk key", "Type it again, or restore desk.key."
        ) from None
    except (UnicodeDecodeError, BadInput):
        raise Misconfigured("secret_damaged", f"{PRIVATE} holds no age key", "Restore it from your backup.") from None
    present = [one for one in held if one.recipient == recipient]
    if not present:
        raise Tampered(
            "desk_key_differs",
            "desk.pub is not the public half of desk.key",
            "Stop, find out who changed it; restore both from your backup.",
        )
    return [*present, *(one for one in held if one.recipient != recipient)]


def _recipient(folder: Path, name: str) -> str:
    """The public half in that file. Raises: Misconfigured (secret_missing, secret_damaged)."""
    try:
        return check_recipient(_read(folder / name).decode("ascii").strip())
    except (UnicodeDecodeError, BadInput):
        raise Misconfigured("secret_damaged", f"{name} is no age recipient", "Restore it from your backup.") from None


def _unlocked(locked_key: bytes, passphrase: str) -> bytes:
    """What the passphrase opens. Raises: pyrage.DecryptError.

    The library measures how fast this machine is and refuses at once, by the same error, what would take 16 times as long as it thinks
    right. A busy moment makes it think too little: an attempt that ended long before the work could have been done is made again.
    """
    until, least_s = time.monotonic() + MEASURED_ANEW_S, _rounds(locked_key) * ROUND_S
    while True:
        began = time.monotonic()
        try:
            opened: bytes = pyrage.passphrase.decrypt(locked_key, passphrase)
        except pyrage.DecryptError:
            now = time.monotonic()
            if now - began > least_s or now > until:
                raise
            time.sleep(PAUSE_S)
        else:
            return opened


def _rounds(locked_key: bytes) -> int:
    """How many rounds of scrypt the file asks for, 0 where it does not say so as it should."""
    power = locked_key.split(b"\n", 2)[1].rpartition(b" ")[2]
    return 1 << int(power) if power.isdigit() and len(power) < 3 and int(power) < 32 else 0


def _check(passphrase: str) -> None:
    """Raises: BadInput (bad_passphrase)."""
    if len(passphrase) < PASSPHRASE_CHARS_MIN or not passphrase.isprintable():
        raise BadInput(
            "bad_passphrase",
            f"a passphrase has at least {PASSPHRASE_CHARS_MIN} characters, all of them printable",
            "Take six words.",
        )


def _locked_up(held: Sequence[Identity], passphrase: str) -> bytes:
    whole: bytes = pyrage.passphrase.encrypt("".join(f"{one.secret}\n" for one in held).encode(), passphrase)
    return whole


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _missing(path.name) from None
    except OSError:
        raise Misconfigured("secret_damaged", f"{path.name} cannot be read", "Check its owner and mode.") from None


def _missing(name: str) -> Misconfigured:
    return Misconfigured("secret_missing", f"{name} is missing", "Put it back from your backup.")
