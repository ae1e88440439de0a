"""Laws of what a person types and sends: any text is kept safe and whole, a number is read however it is written, parts of a file come in any order."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from amparo.errors import AmparoError, Conflict
from amparo.intake.files import codes_in, with_part
from amparo.intake.model import PLACE_CHARS_MAX, PLACES_MAX, FileIn, FrameIn, MD5In, VPDQIn
from amparo.intake.receipts import number_of, shown, with_check_digit
from amparo.intake.texts import CLOSED_BY, POP_EMBEDDING, POP_ISOLATE, bounded, cleaned, places_of, shown_safely

BIDI = "".join(CLOSED_BY) + POP_EMBEDDING + POP_ISOLATE
TEXT = st.text(max_size=200) | st.text(st.sampled_from(f"ab\n\r\t\x00\x85\u2028\ud800{BIDI}"), max_size=60)
DIGITS = st.integers(0, 10**15 - 1).map(lambda n: with_check_digit(f"{n:015}"))
# what 0 is in ASCII, full width, Arabic-Indic, Persian, Devanagari, Thai, mathematics
SCRIPTS = ("0", "\uff10", "\u0660", "\u06f0", "\u0966", "\u0e50", "\U0001d7ce")
BETWEEN = st.text(st.sampled_from(" \t\r\n-\u2013\u2014.·\u00a0\u3000\u200b\u200e\u2069"), max_size=3)


# --- texts


@given(TEXT)
@example("\u202e" * 3 + "\n\u202c\u2066a\u202b")
def test_a_cleaned_text_holds_no_control_and_nothing_left_open(text):
    kept = cleaned(text)
    assert kept == kept.strip()
    kept.encode()
    for line in kept.split("\n"):
        assert all(unicodedata.category(char) != "Cc" for char in line if char != "\t")
        depth = []
        for char in line:
            if char in CLOSED_BY:
                depth.append(CLOSED_BY[char])
            elif char in {POP_EMBEDDING, POP_ISOLATE}:
                assert depth.pop() == char
        assert depth == []


@given(TEXT)
def test_cleaning_twice_is_cleaning_once(text):
    assert cleaned(cleaned(text)) == cleaned(text)
    assert shown_safely(cleaned(text)) == cleaned(text)


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=f"{BIDI}\u2028\u2029\ufffe\uffff"),
        max_size=200,
    )
)
def test_words_are_left_as_they_were_typed(text):
    assert cleaned(text) == text.strip()


@given(TEXT, TEXT)
def test_places_are_each_there_once_within_bounds(addresses, names):
    places = places_of(addresses, names)
    assert len(set(places)) == len(places) <= PLACES_MAX
    assert all(place.strip() and len(place) <= PLACE_CHARS_MAX and "\n" not in place for place in places)
    assert places_of("\n".join(places), "") == places


@pytest.mark.parametrize(("size", "is_taken"), [(4_999, True), (5_000, True), (5_001, False), (1_000_000, False)])
def test_a_text_is_bounded_in_characters(size, is_taken):
    if is_taken:
        assert bounded("我" * size) == "我" * size
    else:
        with pytest.raises(AmparoError) as caught:
            bounded("我" * size)
        assert caught.value.slug == "text_too_long"


def test_arabic_and_hebrew_stay_as_they_are():
    for words in ("שלום, עולם (1) abc", "مرحبا abc ١٢٣", "\u2067שלום\u2069 then"):  # noqa: RUF001
        assert cleaned(words) == words


# --- numbers


@given(
    DIGITS, st.lists(BETWEEN, min_size=17, max_size=17), st.lists(st.sampled_from(SCRIPTS), min_size=16, max_size=16)
)
def test_a_number_is_read_in_any_script_and_however_it_is_grouped(number, between, scripts):
    typed = "".join(
        blank + chr(ord(zero) + int(digit)) for blank, zero, digit in zip(between, scripts, number, strict=False)
    )
    assert number_of(typed + between[-1]) == number
    assert number_of(shown(number)) == number


@given(DIGITS, st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_no_number(number, at, by):
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert number_of(wrong) is None


@given(DIGITS, st.integers(0, 14))
def test_two_neighbours_changed_about_are_no_number(number, at):
    one, two = number[at], number[at + 1]
    assume(one != two and {one, two} != {"0", "9"})  # the one pair that Luhn does not see
    assert number_of(number[:at] + two + one + number[at + 2 :]) is None


@given(st.text(max_size=300))
@example("1" * 10_000)
@example("½" * 16)
@example("²" * 16)
@example("\ud800")
def test_any_text_is_a_number_or_none(text):
    number = number_of(text)
    assert number is None or (len(number) == 16 and number.isascii() and number.isdecimal())


# --- files


FRAMES = st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True).map(
    lambda places: [FrameIn(f"{at:064x}", 60, at) for at in sorted(places)]
)


@given(
    st.lists(FRAMES, min_size=1, max_size=5).flatmap(lambda parts: st.tuples(st.just(parts), st.permutations(parts)))
)
def test_the_frames_of_a_video_come_in_parts_in_any_order(drawn):
    parts, mixed = drawn
    wholes = []
    for order in (parts, mixed, parts + mixed):
        whole = None
        for frames in order:
            whole = with_part(whole, FileIn(1, "video", [VPDQIn(frames)]))
        wholes.append(whole)
    assert wholes[0] == wholes[1] == wholes[2]
    assert codes_in(wholes[0]) == len({frame.at_ms for frames in parts for frame in frames})


@given(FRAMES)
def test_a_frame_that_says_otherwise_is_refused(frames):
    whole = with_part(None, FileIn(1, "video", [VPDQIn(frames), MD5In("0" * 32)]))
    other = FrameIn("f" * 64, 60, frames[0].at_ms)
    for part in (
        FileIn(1, "video", [VPDQIn([other])]),
        FileIn(1, "video", [MD5In("1" * 32)]),
        FileIn(1, "picture", [MD5In("0" * 32)]),
    ):
        with pytest.raises(Conflict) as caught:
            with_part(whole, part)
        assert caught.value.slug == "file_differs"
