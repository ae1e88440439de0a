"""Forms as they come in, and what is taken out of a text: nothing that is seen, all that hides."""

import contextlib
import time
import unicodedata
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import BadInput
from amparo.web.forms import FIELDS_MAX, HIDDEN_MARKS, INVISIBLE, MARKS_MAX, lines, plain, read


def test_fields_come_in_their_order_each_with_all_its_values() -> None:
    form = read(urlencode([("step", "happened"), ("happened", "told"), ("happened", "fake"), ("empty", "")]).encode())
    assert (form.one("step"), form.act, form.many("happened")) == ("happened", "next", ("told", "fake"))
    assert (form.one("empty"), form.one("none"), form.many("none")) == ("", "", ())
    assert read(b"act=skip").act == "skip"
    assert read(b"act=").act == "next"


@pytest.mark.parametrize("body", [b"\xe4=1", b"a=%ff", b"a=%ed%a0%80", b"&".join([b"a=1"] * (FIELDS_MAX + 1))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read(body)
    assert caught.value.slug == "bad_form"
    assert "a=" not in caught.value.text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\x00b\x1bc\x7fd\u200be\ufefff", "abcdef"),
        ("\u202etxt.exe\u202c \u2067x\u2069 \u200e\u200f\u061c", "txt.exe x "),
        ("tab\there", "tab\there"),
        ("e\u0301", "\u00e9"),
        ("👩\u200d👧 نمی\u200cشد", "👩\u200d👧 نمی\u200cشد"),
        ("שלום 你好 안녕", "שלום 你好 안녕"),
        ("tag\U000e0041\U000e007f", "tag"),
    ],
)
def test_what_hides_goes_and_what_is_seen_stays(typed: str, kept: str) -> None:
    assert plain(typed) == kept


@pytest.mark.parametrize("marks", ["\u0300\u0316", "\u0f73", "\u0f81\u0f75", "\u0344\u0316"])
def test_a_form_of_nothing_but_marks_takes_no_time(marks: str) -> None:
    """Sorting them as they came took minutes, with all others waiting: one form of 4 MiB shut the portal."""
    began = time.process_time()
    kept = plain("a" + marks * (650_000 // len(marks)) + "b")
    assert time.process_time() - began < 2
    assert kept.endswith("b")
    assert len(kept) <= 2 * MARKS_MAX + 2


def test_every_mark_is_known_as_one() -> None:
    """A letter that comes apart into marks alone would make a run without an end."""
    letters = [chr(at) for at in range(0x110000) if not 0xD800 <= at <= 0xDFFF and not unicodedata.combining(chr(at))]
    assert {one for one in letters if unicodedata.combining(unicodedata.normalize("NFD", one)[0])} == HIDDEN_MARKS


@given(st.text())
def test_plain_text_is_plain_for_good(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert INVISIBLE.search(once) is None
    assert not [sign for sign in once if unicodedata.category(sign) == "Cc" and sign not in "\n\t"]


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.text(st.characters(codec="utf-8"), max_size=200),
        max_size=8,
    )
)
def test_every_form_a_browser_sends_is_read(fields: dict[str, str]) -> None:
    form = read(urlencode(fields).encode())
    assert {name: form.one(name) for name in fields} == {name: plain(value) for name, value in fields.items()}


@given(st.binary(max_size=400))
def test_no_bytes_break_it(body: bytes) -> None:
    with contextlib.suppress(BadInput):
        read(body)


def test_lines_hold_something_and_stand_once() -> None:
    assert lines(" a \n\n b\na\n\t\n") == ["a", "b"]
