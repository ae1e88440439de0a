"""What a person agrees to is kept word by word, by version: a changed text or translation needs a new version."""

import copy
import re

from amparo.intake.model import Purpose
from amparo.portal.consents import CONSENTS
from amparo.portal.pages import WORDS
from docs import make_consents
from tests.tidy.tree import ROOT, files

VERSIONS = make_consents.current(WORDS.load())


def test_every_purpose_is_asked_once():
    assert sorted(consent.purpose for consent in CONSENTS) == sorted(Purpose.__args__)


def test_the_words_asked_today_are_the_words_their_version_keeps():
    assert make_consents.changed(VERSIONS) == [], "new words: give the text a new version in consents.py"
    for version, purposes in VERSIONS.items():
        assert purposes.items() <= make_consents.kept(version).items(), "keep it: python -m docs.make_consents"


def test_every_version_is_a_day_or_one_more_of_that_day_and_its_file_is_what_the_script_writes():
    there = [name for name in files() if name.startswith("docs/consents/")]
    assert there
    for name in there:
        found = re.fullmatch(r"docs/consents/(\d{4}-\d\d-\d\d(?:\.[2-9])?)\.toml", name)
        assert found, name
        assert (ROOT / name).read_text() == make_consents.page(found[1], make_consents.kept(found[1]))


def test_a_changed_word_is_found():
    for place in ("title", "text"):
        planted = copy.deepcopy(VERSIONS)
        version = CONSENTS[0].version
        planted[version]["match"]["ko"][place] += " "
        assert make_consents.changed(planted) == [f"{version} match ko"]
