"""Proof of work: what is a proof, and what is none: wrong, used, late, for another act, of another process."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.portal import work as module
from amparo.portal.limits import ACTS
from amparo.portal.settings import LimitSettings
from amparo.portal.work import NONCE_CHARS, QUESTION_CHARS, Work
from tests.conftest import SetClock
from tests.work import solve

SETTINGS = LimitSettings(work_bits=6, work_minutes=10)
KEY, SALT = b"k" * 32, b"12345678"
START = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def work(clock: SetClock) -> Work:
    return Work(SETTINGS, clock, KEY)


def test_a_proof_is_taken_once(work: Work):
    answer = solve(work.question("guess", SALT), work.bits)
    assert work.proved("guess", answer)
    assert not work.proved("guess", answer)


def test_another_nonce_for_the_same_question_is_no_second_proof(work: Work):
    question = work.question("guess", SALT)
    first = solve(question, work.bits)
    second = solve(question, work.bits, after=int(first.rpartition(".")[2], 16))
    assert first != second
    assert [work.proved("guess", first), work.proved("guess", second)] == [True, False]


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"guess"}))
def test_it_holds_for_one_act(work: Work, act):
    answer = solve(work.question("guess", SALT), work.bits)
    assert not work.proved(act, answer)
    assert work.proved("guess", answer), "being tried elsewhere does not use it up"


def test_it_ends(work: Work, clock: SetClock):
    early, late = (solve(work.question("guess", salt), work.bits) for salt in (SALT, SALT[::-1]))
    clock.set(START + timedelta(minutes=10))
    assert work.proved("guess", early)
    clock.set(START + timedelta(minutes=10, seconds=1))
    assert not work.proved("guess", late)


def test_too_little_work_is_none(work: Work):
    question = work.question("guess", SALT)
    weak = next(
        answer
        for answer in (f"{question}.{nonce:08x}" for nonce in range(1_000))
        if hashlib.sha256(answer.encode()).digest()[0] >> 2
    )
    assert not work.proved("guess", weak)


def test_another_process_knows_it_not(work: Work, clock: SetClock):
    answer = solve(work.question("guess", SALT), work.bits)
    assert not Work(SETTINGS, clock, b"o" * 32).proved("guess", answer)


def test_the_end_the_act_and_the_bits_cannot_be_changed(work: Work):
    question = work.question("guess", SALT)
    for at in range(len(question)):
        letter = "A" if question[at] != "A" else "B"
        forged = question[:at] + letter + question[at + 1 :]
        assert not any(work.proved(act, solve(forged, 2)) for act in ACTS)


@given(text=st.text(max_size=80) | st.text("0123456789abcdefAZ_-.=+/é", min_size=45, max_size=45))
def test_nothing_else_is_a_proof(text):
    assert not Work(SETTINGS, SetClock(START), KEY).proved("guess", text)


def test_what_was_answered_is_forgotten_when_it_has_ended(work: Work, clock: SetClock):
    for hour in range(5):
        clock.set(START + timedelta(hours=hour))
        for salt in range(10):
            assert work.proved("tip", solve(work.question("tip", salt.to_bytes(8, "big")), work.bits))
    assert sum(map(len, work._answered._spans.values())) == 10


def test_where_too_many_are_remembered_no_more_is_taken(work: Work, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ANSWERED_MAX", 3)
    answers = [solve(work.question("tip", bytes([salt] * 8)), work.bits) for salt in range(5)]
    assert [work.proved("tip", answer) for answer in answers] == [True, True, True, False, False]


def test_question_nonce_and_padding_fill_one_block(work: Work):
    question = work.question("tip", SALT)
    assert len(question) == QUESTION_CHARS
    assert len(question) + 1 + NONCE_CHARS <= 64 - 9
