"""Receipts: the number a person holds, and what stands for it here. The number itself is stored nowhere.

16 digits, of which 15 are drawn by chance and the last is a check digit (Luhn: ISO/IEC 7812-1 annex B). From the number and a pepper
that lies outside the database Argon2id (RFC 9106) makes 64 bytes: the first half, the verifier, is stored and found again; the
second half opens her secret key, which lies here sealed under it. A copy of the database without the pepper cannot even be guessed at.
All numbers share one salt, since nothing but the number says whose it is: the pepper does what a salt of each would do.
"""

import hmac
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from amparo.errors import Unavailable
from amparo.intake.model import Receipt
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import Identity, new_identity
from amparo.sealing.box import Box
from amparo.store.durable import secret_file

DIGITS: Final = 16
PEPPER_FILE: Final = "receipt.pepper"
PEPPER_BYTES: Final = 32
TYPED_CHARS_MAX: Final = 200
AT_ONCE: Final = 2
WAITING_MAX: Final = 16
WAIT_S: Final = 10.0
LANES: Final = 1
NOBODYS: Final = "0" * (DIGITS - 1) + "1"
"""Its check digit is wrong, so it is no receipt's number: what is computed with when something else was typed."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What a number gives. verifier: 32 bytes, stored. key: 32 bytes, opens her secret key."""

    verifier: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """digits: shown to her once. receipt: what is stored. identity: her keys."""

    digits: str = field(repr=False)
    receipt: Receipt
    identity: Identity


class Receipts:
    """Makes receipts and reads numbers, at most AT_ONCE computations at a time: each takes memory and a tenth of a second."""

    def __init__(self, pepper: bytes, settings: IntakeSettings) -> None:
        self._pepper = pepper
        self._settings = settings
        self._salt = hmac.digest(pepper, b"salt", "sha256")[:16]
        self._turns = _Turns(AT_ONCE, WAITING_MAX, WAIT_S)

    def check(self) -> str:
        """16 hex digits that tell whether two installations read the same numbers, and nothing about them."""
        how = f"{self._settings.argon2_passes},{self._settings.argon2_memory_kib},{LANES}"
        return hmac.digest(self._pepper, f"amparo: which receipts, {how}".encode(), "sha256")[:8].hex()

    def derived(self, digits: str) -> Derived:
        """What stands for this number. Raises: Unavailable (busy)."""
        secret = hmac.digest(self._pepper, digits.encode(), "sha256")
        with self._turns.one():
            out = hash_secret_raw(
                secret,
                self._salt,
                time_cost=self._settings.argon2_passes,
                memory_cost=self._settings.argon2_memory_kib,
                parallelism=LANES,
                hash_len=64,
                type=Type.ID,
            )
        return Derived(out[:32], out[32:])

    def new(self, case_uid: str, number: int, now_us: int) -> NewReceipt:
        """A receipt for this case, its number drawn by chance. number: 0 for the first. Raises: Unavailable (busy)."""
        digits = with_check_digit(f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}}")
        derived, identity = self.derived(digits), new_identity()
        sealed = Box(derived.key).lock(identity.secret.encode(), case_uid.encode())
        return NewReceipt(digits, Receipt(derived.verifier, sealed, identity.recipient, number, now_us), identity)


def pepper(folder: Path, given: bytes) -> bytes:
    """The pepper that was given (AMPARO_INTAKE_PEPPER), or that of the file in the folder of secrets, made there when first needed.

    Raises: Misconfigured (secret_damaged), NoRoom.
    """
    return given or secret_file(folder / PEPPER_FILE, PEPPER_BYTES)


def opened_secret(derived: Derived, sealed_identity: bytes, case_uid: str) -> str:
    """Her secret key. Raises: Tampered (sealed_damaged)."""
    return Box(derived.key).open(sealed_identity, case_uid.encode()).decode("ascii")


def number_of(typed: str) -> str | None:
    """The 16 digits in what somebody typed, None when there is no receipt's number in it.

    Digits of any script, full width too; spaces, line ends, dashes, dots and marks without a width between them are passed over.
    """
    digits = []
    for char in typed[:TYPED_CHARS_MAX]:
        value = unicodedata.decimal(char, None)
        if value is not None:
            digits.append(str(value))
        elif not (char.isspace() or char in ".·" or unicodedata.category(char) in {"Pd", "Cf"}):
            return None
    number = "".join(digits)
    return number if len(number) == DIGITS and number == with_check_digit(number[:-1]) else None


def with_check_digit(digits: str) -> str:
    """``digits`` and their check digit (Luhn)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return digits + str(-(doubled + sum(map(int, digits[-2::-2]))) % 10)


def shown(digits: str) -> str:
    """In groups of four, with spaces between them."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


class _Turns:
    """So many at once, so many waiting, so long."""

    def __init__(self, at_once: int, waiting_max: int, wait_s: float) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting_max)
        self._wait_s = wait_s

    @contextmanager
    def one(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            if not self._free.acquire(timeout=self._wait_s):
                raise busy()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._places.release()


def busy() -> Unavailable:
    """The error for more than can be served at once."""
    return Unavailable("busy", "too many come at once", "Try again in a moment; nothing is lost.", retry_after_s=5)
