"""Receipts: what stands for a number, whose computation waits for its turn, and how it is drawn."""

import threading
import time

import pytest
from argon2.low_level import Type, hash_secret_raw

from amparo.errors import Unavailable
from amparo.intake import receipts
from amparo.intake.receipts import AT_ONCE, NOBODYS, WAITING_MAX, Receipts, number_of, opened_secret, shown
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import identity_of

CHEAP = IntakeSettings(argon2_memory_kib=64, argon2_passes=1)
PEPPER = b"p" * 32


def test_the_check_digit_is_luhns():
    # ISO/IEC 7812-1 annex B; the example of the number 7992739871 is from the literature on Luhn's patent US2950048
    assert receipts.with_check_digit("7992739871") == "79927398713"
    assert number_of("4111 1111 1111 1111") == "4111111111111111"  # the well-known test number of payment cards
    assert number_of("4111 1111 1111 1112") is None


def test_nobodys_number_is_no_number():
    assert len(NOBODYS) == 16
    assert number_of(NOBODYS) is None


def test_a_number_is_shown_in_fours():
    assert shown("1234567890123456") == "1234 5678 9012 3456"


def test_a_new_receipt_opens_with_its_number_for_its_case_alone():
    made = Receipts(PEPPER, CHEAP)
    new = made.new("case", 3, 99)
    derived = Receipts(PEPPER, CHEAP).derived(new.digits)
    assert derived.verifier == new.receipt.verifier
    assert (new.receipt.number, new.receipt.made_us, len(new.receipt.verifier)) == (3, 99, 32)
    assert identity_of(opened_secret(derived, new.receipt.sealed_identity, "case")) == new.identity
    assert number_of(new.digits) == new.digits


def test_numbers_are_drawn_evenly():
    made = Receipts(PEPPER, CHEAP)
    drawn = [made.new("case", 0, 0).digits for _ in range(400)]
    assert len(set(drawn)) == 400
    for place in range(15):
        counts = [sum(one[place] == digit for one in drawn) for digit in "0123456789"]
        assert sum((count - 40) ** 2 / 40 for count in counts) < 45, f"digit {place} is not drawn evenly: {counts}"


def test_pepper_and_cost_decide_what_a_number_gives():
    digits = "4111111111111111"
    found = {
        Receipts(pepper, settings).derived(digits).verifier
        for pepper in (PEPPER, b"q" * 32)
        for settings in (CHEAP, IntakeSettings(argon2_memory_kib=64, argon2_passes=2))
    }
    checks = {
        Receipts(pepper, settings).check()
        for pepper in (PEPPER, b"q" * 32)
        for settings in (CHEAP, IntakeSettings(argon2_memory_kib=64, argon2_passes=2))
    }
    assert len(found) == len(checks) == 4
    assert Receipts(PEPPER, CHEAP).check() == Receipts(PEPPER, CHEAP).check()


def test_the_defaults_are_those_of_the_documents():
    """Argon2id, 3 passes over 64 MiB: RFC 9106 section 4's second choice, but in one lane."""
    settings = IntakeSettings()
    assert (settings.argon2_passes, settings.argon2_memory_kib) == (3, 65_536)
    derived = Receipts(PEPPER, CHEAP)
    out = derived.derived("1" * 16)
    secret = receipts.hmac.digest(PEPPER, b"1" * 16, "sha256")
    salt = receipts.hmac.digest(PEPPER, b"salt", "sha256")[:16]
    alike = {"time_cost": 1, "memory_cost": 64, "parallelism": 1, "hash_len": 64, "type": Type.ID}
    assert out.verifier + out.key == hash_secret_raw(secret, salt, **alike)
    assert out.key.hex() not in repr(out)


def test_more_than_can_wait_are_turned_away_and_the_others_served(monkeypatch: pytest.MonkeyPatch):
    going, most, lock, leave = 0, 0, threading.Lock(), threading.Event()

    def slow(*_: object, **__: object) -> bytes:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
        leave.wait(10)
        with lock:
            going -= 1
        return bytes(64)

    monkeypatch.setattr(receipts, "hash_secret_raw", slow)
    made, done = Receipts(PEPPER, CHEAP), []

    def ask() -> None:
        try:
            made.derived("1" * 16)
            done.append("served")
        except Unavailable as error:
            done.append(error.slug)

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE + WAITING_MAX + 5)]
    for one in threads:
        one.start()
    until = time.monotonic() + 10
    while len(done) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    assert done == ["busy"] * 5
    leave.set()
    for one in threads:
        one.join()
    assert done.count("served") == AT_ONCE + WAITING_MAX
    assert most == AT_ONCE
    made.derived("1" * 16)


def test_whoever_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receipts, "WAIT_S", 0.05)
    leave = threading.Event()
    monkeypatch.setattr(receipts, "hash_secret_raw", lambda *_, **__: leave.wait(10) and bytes(64))
    made = Receipts(PEPPER, CHEAP)
    threads = [threading.Thread(target=made.derived, args=("1" * 16,)) for _ in range(AT_ONCE)]
    for one in threads:
        one.start()
    time.sleep(0.05)
    with pytest.raises(Unavailable) as caught:
        made.derived("1" * 16)
    assert (caught.value.slug, caught.value.retry_after_s) == ("busy", 5)
    leave.set()
    for one in threads:
        one.join()
