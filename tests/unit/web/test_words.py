"""Languages of the portal: which one a browser asks for, sentences, dates, lists, and what the scripts are told."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined

from amparo.errors import Misconfigured
from amparo.portal.pages import WORDS
from amparo.web import words
from amparo.web.pseudo import CLOSE, OPEN, accented, mirrored

LANGUAGES = WORDS.load()
PSEUDO = WORDS.load(pseudo=True)
NOON_US = 1_795_780_800_000_000  # 2026-11-27T12:00:00Z


@pytest.mark.parametrize(
    ("accept", "tag"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("xx", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("ms-MY", "ms"),
        ("zsm", "ms"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-MY", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("ZH-hant-SG", "zh-Hant"),
        ("yue", "zh-Hant"),
        ("yue-Hans-CN", "zh-Hans"),
        ("cmn-TW", "zh-Hant"),
        ("fr-FR, ms;q=0.3, ko;q=0.5", "ko"),
        ("ko;q=0, ms;q=0.1", "ms"),
        ("en;q=0.5, ko", "ko"),
        ("ko;q=2, ms", "ms"),
        ("ko;q=abc, \x00, ;;;, ms", "ms"),
        ("a" * 50_000, "en"),
        (",".join(["fr"] * 100 + ["ko"]), "en"),
        ("en-XA, ko;q=0.5", "en"),
        ("id, en;q=0.5", "en"),
    ],
)
def test_the_first_language_we_have_of_those_a_browser_asks_for(accept, tag):
    assert LANGUAGES.negotiate(accept) == tag


@given(st.text())
def test_whatever_a_browser_sends_there_is_a_language(accept):
    assert LANGUAGES.negotiate(accept) in words.LANGUAGES


def test_languages_are_offered_by_their_own_names():
    assert [(one.tag, one.name) for one in LANGUAGES.offered] == list(words.LANGUAGES.items())
    assert {one.dir for one in LANGUAGES.offered} == {"ltr"}
    assert LANGUAGES.of("tlh") is LANGUAGES.of("en")


def test_an_operator_may_offer_fewer():
    fewer = LANGUAGES.only(["ko", "zh-Hant"], "portal.languages")
    assert [one.tag for one in fewer.offered] == ["ko", "zh-Hant"]
    assert [fewer.negotiate(accept) for accept in ("zh-TW", "zh-CN", "en", None)] == ["zh-Hant", "ko", "ko", "ko"]
    assert fewer.of("ms").tag == "ko"
    assert [one.tag for one in PSEUDO.only(["en"], "portal.languages").offered] == ["en", "en-XA", "ar-XB"]


@pytest.mark.parametrize("tags", [[], [""], ["ko", "xx"], ["KO"], ["en-XA"]])
def test_a_language_there_is_none_of_is_refused(tags):
    with pytest.raises(Misconfigured) as caught:
        LANGUAGES.only(tags, "portal.languages")
    assert caught.value.slug == "bad_language"


def test_languages_for_tests_are_there_only_when_asked_for():
    assert LANGUAGES.of("en-XA").tag == "en"
    assert PSEUDO.of("en-XA").tag == "en-XA"
    assert PSEUDO.of("ar-XB").dir == "rtl"
    assert PSEUDO.negotiate("ar-XB") == "ar-XB"


@pytest.mark.parametrize(
    ("tag", "day", "moment"),
    [
        ("en", "27 November 2026", "27 November 2026, 12:00 (UTC)"),
        ("zh-Hans", "2026年11月27日", "2026年11月27日 12:00 (UTC)"),
        ("zh-Hant", "2026年11月27日", "2026年11月27日 12:00 (UTC)"),
        ("ko", "2026년 11월 27일", "2026년 11월 27일 12:00 (UTC)"),
        ("ms", "27 November 2026", "27 November 2026, 12:00 (UTC)"),
    ],
)
def test_days_and_moments_are_written_out(tag, day, moment):
    assert LANGUAGES.of(tag).day(NOON_US) == day
    assert LANGUAGES.of(tag).moment(NOON_US) == moment


def test_lists_and_numbers():
    assert LANGUAGES.of("en").joined(["a", "b", "c"]) == "a, b and c"
    assert LANGUAGES.of("ko").joined(["a", "b"]) == "a 및 b"
    assert LANGUAGES.of("ms").joined(["a"]) == "a"
    assert LANGUAGES.of("ms").joined([]) == ""
    assert LANGUAGES.of("en").number(12_345) == "12,345"


def environment(tag, **pages):
    made = Environment(loader=DictLoader(pages), autoescape=True, undefined=StrictUndefined)
    words.install(made, PSEUDO.of(tag))
    return made


def test_a_page_speaks_the_language_and_escapes_what_is_put_into_a_sentence():
    page = (
        (
            "<html lang={{ words.tag }} dir={{ words.dir }}>{% trans name=name %}\n  Hello\n  <b>%s</b> %(name)s\n{% endtrans %}"
        )
        .replace("%s", "you")
        .replace("%(name)s", "{{ name }}")
    )
    told = environment("en-XA", page=page).get_template("page").render(name="<script>")
    assert told.startswith("<html lang=en-XA dir=ltr>" + OPEN)
    assert "<b>" in told
    assert "&lt;script&gt;" in told
    assert "\n" not in told


def test_a_page_counts():
    page = "{% trans n=n %}One file.{% pluralize %}{{ n }} files.{% endtrans %}"
    template = environment("en", page=page).get_template("page")
    assert [template.render(n=n) for n in (0, 1, 2)] == ["0 files.", "One file.", "2 files."]


def test_scripts_are_told_their_sentences_as_json(monkeypatch):
    monkeypatch.setitem(WORDS.scripts, "files", {"made": ("One file", "%(n)s files"), "end": "</script><!-- 'x' & y"})
    told = LANGUAGES.of("en").said("files")
    assert "<" not in told
    assert "&" not in told
    assert json.loads(told) == {
        "made": {"one": "One file", "other": "%(n)s files"},
        "end": "</script><!-- 'x' & y",
    }
    assert json.loads(LANGUAGES.of("ko").said("files"))["made"] == {"other": "%(n)s files"}


def test_made_languages_change_letters_and_nothing_else():
    text = 'Send %(n)s <a href="/x">files</a> &amp; go'
    for dress in (accented, mirrored):
        dressed = dress(text)
        assert re.findall(r"%\(n\)s|<[^>]+>|&amp;", dressed) == ["%(n)s", '<a href="/x">', "</a>", "&amp;"]
        assert "files" not in dressed.replace("\u202e", "_").replace("_files", "")
    assert accented(text).startswith(OPEN)
    assert accented(text).endswith(CLOSE)
    assert len(accented("a" * 100)) >= 140


def test_dates_and_lists_are_dressed_too():
    assert PSEUDO.of("en-XA").day(NOON_US).startswith(OPEN)
    assert PSEUDO.of("en-XA").joined(["a", "b"]).startswith(OPEN)


def test_each_catalogue_says_who_reviewed_it():
    for tag in words.LANGUAGES:
        assert words.REVIEWED.search(WORDS.source(tag)), tag
        assert isinstance(WORDS.reviewed_by(tag), str)
    assert words.reviewer_in('"X-Reviewed-By: A. Person, 2026-12-01\\n"\n') == "A. Person, 2026-12-01"
    assert words.reviewer_in('"X-Reviewed-By: none yet\\n"\n') == ""
    assert words.reviewer_in("") == ""
