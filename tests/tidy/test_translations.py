"""Rules of tone that a machine can hold (docs/translators.md): script, address, marks, words that are never said. Judges no style."""

import re

import pytest

from amparo.web.place_names import NAMES
from amparo.web.words import LANGUAGES
from docs.make_catalogues import BOOKS, PORTAL
from tests.tidy.catalogues import PLACEHOLDER, TAG, entries, forms

SAID = {book.domain.name: [text for message in book.messages() for text in forms(message.id)] for book in BOOKS}
TOLD = {
    (book.domain.name, tag): [text for one in entries(book.domain, tag) for text in forms(one.string) if text]
    for book in BOOKS
    for tag in LANGUAGES
} | {(name, "en"): said for name, said in SAID.items()}
ROOMS = [book.domain.name for book in BOOKS]
HAN = r"[\u3400-\u9fff]"
NEVER = {
    "en": ["revenge", "porn", "victim", "nude", "leaked", "viral", "explicit", "hash", "withdraw", "staff", "must "],
    "zh-Hans": ["色情", "受害", "不雅", "艳照", "外流", "流出", "您", "为什么", "为何", "务必", "严禁", "警告"],
    "zh-Hant": [
        "色情",
        "受害",
        "被害",
        "不雅",
        "艷照",
        "外流",
        "流出",
        "您",
        "妳",
        "為什麼",
        "為何",
        "務必",
        "嚴禁",
        "警告",
    ],
    "ko": ["포르노", "음란", "야동", "몰카", "유출", "피해자", "당신", "귀하", "십시오", "왜 ", "경고"],
    "ms": [
        "porno",
        "lucah",
        "bogel",
        "aib",
        "tular",
        "mangsa",
        "hendaklah",
        "dikehendaki",
        "kenapa",
        "mengapa",
        "amaran",
    ],
}
"""Stems, in lower case: of words that blame, frighten or name her as what was done to her. Only what she reads is held to them."""


def said_never(tag: str, text: str) -> list[str]:
    """Which of those words are in the text. Latin ones as whole beginnings of words."""
    plain = TAG.sub("", text).lower()
    return [word for word in NEVER[tag] if re.search(rf"(?<![a-z]){re.escape(word)}", plain)]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_word_that_blames_or_frightens(tag):
    found = {text: never for text in TOLD["portal", tag] if (never := said_never(tag, text))}
    assert not found


def test_such_a_word_is_found():
    assert said_never("en", "<b>Revenge</b> porn") == ["revenge", "porn"]
    assert said_never("en", "We support you") == []
    assert said_never("ko", "영상이 유출됐어요") == ["유출"]


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_nobody_shouts(room, tag):
    assert not [text for text in TOLD[room, tag] if re.search(r"[!\uff01]", TAG.sub("", text))]


@pytest.mark.parametrize(("tag", "charset"), [("zh-Hans", "gb2312"), ("zh-Hant", "big5hkscs"), ("ko", "euc_kr")])
@pytest.mark.parametrize("room", ROOMS)
def test_each_script_is_written_in_its_own_signs(room, tag, charset):
    """GB 2312 holds no traditional character that has a simplified one, Big5 none that is simplified."""
    for text in TOLD[room, tag]:
        text.encode(charset)


@pytest.mark.parametrize("tag", ["zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("room", ROOMS)
def test_chinese_has_its_own_marks(room, tag):
    half = re.compile(rf"{HAN}\s*[,:;?()]|[,:;?()]\s*{HAN}")
    assert not [text for text in TOLD[room, tag] if half.search(PLACEHOLDER.sub("一", TAG.sub("", text)))]


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_a_translation_is_no_copy_of_the_english(tag):
    same = {one.id for one in entries(PORTAL.domain, tag) if one.string == one.id and isinstance(one.id, str)}
    left = {text for text in same if re.search(r"[a-z]{3} [A-Za-z]*[a-z]{3}", text)}
    assert left <= set(NAMES.values())
