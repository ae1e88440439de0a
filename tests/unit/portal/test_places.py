"""Where to turn, by place: the files that are there, and what a file may not be."""

from importlib.resources import files
from typing import get_args

import pytest

from amparo.errors import Misconfigured
from amparo.web import places
from amparo.web.place_names import NAMES, WHAT
from tests.tidy.tree import ROOT

PLACES = places.load()
FOLDER = ROOT / "src" / "amparo" / "web" / "routes"
GOOD = """
place = "IE"
[[entry]]
kind = "emergency"
name = "112"
phone = "112"
source = "known"
[[entry]]
kind = "removal"
name = "Take It Down (NCMEC)"
url = "https://takeitdown.ncmec.org"
source = "https://takeitdown.ncmec.org/faq/"
checked_on = 2026-11-27
"""


def test_every_file_has_its_place_and_the_other_way_round():
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)
    assert files("amparo.web") / "routes"


@pytest.mark.parametrize("place", NAMES)
def test_each_route_says_who_to_call_and_who_takes_pictures_down(place):
    route = PLACES.route(place)
    assert route.place == place
    assert all(entry.phone for entry in route.of("emergency"))
    assert any(entry.name.startswith("Take It Down") for entry in route.of("removal")), "it works in every place"
    assert all(entry.url is None or entry.url.startswith("https://") for entry in route.entry)
    assert sum(len(route.of(kind)) for kind in WHAT) == len(route.entry), "every entry is shown"


@pytest.mark.parametrize("place", NAMES)
def test_what_was_looked_up_says_where(place):
    for entry in PLACES.route(place).entry:
        assert entry.checked_on is None or "//" in entry.source, f"{entry.name}: read where?"


def test_the_mandated_bodies_are_there():
    names = {place: " ".join(entry.name for entry in PLACES.route(place).of("removal")) for place in NAMES}
    assert "디지털성범죄피해자지원센터" in names["KR"]
    assert "Report Remove" in names["GB"]
    assert "eSafety" in names["AU"]
    assert "性影像處理中心" in names["TW"]
    assert "D11" in PLACES.route("MY").of("police")[0].name
    assert PLACES.route("MY").of("helpline")[0].dialled == "15999"


def test_an_unknown_place_gets_what_works_everywhere():
    assert PLACES.route("XX") == PLACES.route("") == PLACES.route(places.ELSEWHERE)


def test_a_number_is_dialled_without_its_blanks():
    assert PLACES.route("US").of("report")[0].dialled == "18008435678"
    assert PLACES.route("JP").of("police")[0].dialled == "#9110"


def test_a_good_file_is_read():
    assert [entry.kind for entry in places.read("IE", GOOD).entry] == ["emergency", "removal"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('place = "IE"', 'place = "FR"'),
        ('kind = "removal"', 'kind = "police"'),
        ('kind = "removal"', 'kind = "charity"'),
        ('source = "known"\n', ""),
        ('https://takeitdown.ncmec.org"', 'http://takeitdown.ncmec.org"'),
        ('https://takeitdown.ncmec.org"', 'javascript:alert(1)"'),
        ('https://takeitdown.ncmec.org"', 'https://takeitdown.ncmec.org/\\"onclick"'),
        ('phone = "112"', 'phone = "call us"'),
        ('phone = "112"\n', ""),
        ('name = "112"', 'name = "<b>112</b>"'),
        ('name = "112"', 'name = "112"\nsecret = 1'),
        ("checked_on = 2026-11-27", 'checked_on = "today"'),
        ('place = "IE"', "place = ["),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused_by_its_name(old, new):
    assert old in GOOD
    with pytest.raises(Misconfigured, match=r"routes/IE\.toml") as caught:
        places.read("IE", GOOD.replace(old, new))
    assert caught.value.slug == "bad_route"


def test_every_place_and_every_sort_of_help_has_a_name():
    assert list(NAMES) == list(places.CODES)
    assert set(WHAT) == set(get_args(places.Kind))
