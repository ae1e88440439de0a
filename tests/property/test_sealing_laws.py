"""Laws of sealing: what is sealed opens for whom it is for and for nobody else, and any changed byte is refused."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amparo.errors import BadInput, Tampered
from amparo.sealing.age import PAD_BYTES, identity_of, new_identity, padded, seal, unpadded, unseal
from amparo.sealing.box import Box, derived_key

HERS, DESK, OTHER = (new_identity() for _ in range(3))
DATA = st.binary(max_size=600) | st.integers(250, 260).map(bytes) | st.integers(0, 3).map(lambda n: b"\x80" * n)
KEY = derived_key(b"hers", "test")


@given(DATA)
def test_whom_it_is_sealed_to_opens_it_and_nobody_else(data):
    sealed = seal(data, [DESK.recipient, HERS.recipient])
    assert unseal(sealed, HERS.secret) == data
    assert unseal(sealed, DESK.secret) == data
    with pytest.raises(Tampered) as caught:
        unseal(sealed, OTHER.secret)
    assert caught.value.slug == "sealed_damaged"
    if data:
        assert sealed != seal(data, [DESK.recipient, HERS.recipient])


@given(DATA, st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_refused(data, at, change):
    sealed = bytearray(seal(data, [HERS.recipient, DESK.recipient]))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(Tampered):
        unseal(bytes(sealed), HERS.secret)


@given(DATA, st.integers(min_value=0))
def test_a_part_is_refused(data, at):
    sealed = seal(data, [HERS.recipient])
    with pytest.raises(Tampered):
        unseal(sealed[: at % len(sealed)], HERS.secret)
    with pytest.raises(Tampered):
        unseal(sealed + b"\0", HERS.secret)


@given(st.binary(max_size=400))
@example(b"")
@example(b"age-encryption.org/v1\n")
@example(b"age-encryption.org/v1\n-> X25519 \n\n---\n")
def test_any_bytes_are_refused_in_our_words(junk):
    for what in (junk, b"age-encryption.org/v1\n" + junk):
        with pytest.raises(Tampered):
            unseal(what, HERS.secret)
    with pytest.raises(Tampered):
        Box(KEY).open(junk, b"")


@given(st.text(max_size=80))
@example("\ud800")
@example("AGE-SECRET-KEY-1" + "Q" * 58)
def test_any_text_for_a_key_is_refused_in_our_words(text):
    for act in (lambda: seal(b"x", [text]), lambda: unseal(b"x", text), lambda: identity_of(text)):
        with pytest.raises(BadInput) as caught:
            act()
        assert caught.value.slug in {"bad_recipient", "bad_identity"}


@given(DATA)
def test_the_length_tells_only_its_step(data):
    whole = padded(data)
    assert len(whole) % PAD_BYTES == 0
    assert len(whole) - len(data) <= PAD_BYTES
    assert unpadded(whole) == data
    # the header's decoy line is of any length: what is sealed to one alone is told by the text's own share
    assert len(seal(data, [HERS.recipient])) >= len(whole)


@given(st.binary(max_size=300))
def test_what_was_never_padded_is_refused(data):
    with contextlib.suppress(Tampered):
        assert padded(unpadded(data)) == data


@given(DATA, st.binary(max_size=20), st.integers(min_value=0), st.integers(1, 255))
def test_a_box_opens_under_its_key_about_its_thing_unchanged(data, about, at, change):
    box = Box(KEY)
    locked = box.lock(data, about)
    assert box.open(locked, about) == data
    spoilt = bytearray(locked)
    spoilt[at % len(locked)] ^= change
    for act in (
        lambda: box.open(bytes(spoilt), about),
        lambda: box.open(locked, about + b"x"),
        lambda: Box(derived_key(b"hers", "another purpose")).open(locked, about),
        lambda: box.open(locked[:-1], about),
    ):
        with pytest.raises(Tampered) as caught:
            act()
        assert caught.value.slug == "sealed_damaged"
