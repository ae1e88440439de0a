"""Documents cannot drift: what docs/make_reference.py writes is what lies there, and all that lies there it wrote."""

import ast
import re

import pytest

from amparo.api.routes import TABLE
from amparo.match.model import Item
from docs import error_slugs
from docs.make_reference import PAGES, REFERENCE
from tests.tidy.tree import ROOT, files


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name):
    path = REFERENCE / name
    assert path.is_file(), "write it: python -m docs.make_reference"
    assert path.read_text() == PAGES[name](), "write it anew: python -m docs.make_reference"


def test_every_page_is_generated():
    there = {name.removeprefix("docs/reference/") for name in files() if name.startswith("docs/reference/")}
    assert there == set(PAGES)


def test_slugs_are_of_one_form():
    odd = [
        slug.slug
        for slug in error_slugs.slugs(error_slugs.modules())
        if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", slug.slug)
    ]
    assert not odd


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('raise NotFound("gone_dog", "no dog")', [("gone_dog", "no dog")]),
        ('raise errors.NotFound("gone_dog", f"no dog {n}")', [("gone_dog", "no dog …")]),
        ('DOG = "gone_dog"\nraise NotFound(DOG, "no dog")', [("gone_dog", "no dog")]),
        (
            'def f(slug):\n    raise NotFound(slug, "none")\nf("a_dog")\nf(slug="b_dog")',
            [("a_dog", "none"), ("b_dog", "none")],
        ),
        ('T = {"a_dog": ("no a", "h")}\ndef f(slug):\n    raise NotFound(slug, T[slug][0])', [("a_dog", "no a")]),
        ('class NoDog(NotFound):\n    http_status = 499\nraise NoDog("gone_dog", "no dog")', [("gone_dog", "no dog")]),
    ],
)
def test_slugs_are_found_however_they_are_given(code, wanted):
    base = "class AmparoError(Exception): pass\nclass NotFound(AmparoError):\n    http_status = 404\n"
    trees = error_slugs.inlined({ROOT / "sample.py": ast.parse(base + code)})
    assert [(slug.slug, slug.text) for slug in error_slugs.slugs(trees)] == wanted


def test_a_slug_that_cannot_be_read_is_refused():
    code = "class AmparoError(Exception): pass\nraise AmparoError(made(), 'text')"
    with pytest.raises(ValueError, match="literal"):
        error_slugs.slugs({ROOT / "sample.py": ast.parse(code)})


def test_openapi_tells_every_parameter_and_form_field_that_the_views_read():
    code = "\n".join((ROOT / name).read_text() for name in files() if name.startswith("src/amparo/api/"))
    parameters = {one.name for door in TABLE for one in door.parameters if one.where == "query"}
    beside = set(re.findall(r'beside\.get\("(\w+)"\)', code))  # what HMA's clients say in a form or in the query string
    words = r'query(?:_params)?\.get\("(\w+)"[,)]|query\["(\w+)"\]|(?:number_of|truth|needed)\(request, "(\w+)"'
    read = re.findall(words, code)
    assert {name for found in read for name in found if name} | beside | {"banks"} == parameters
    item = set(Item.__dataclass_fields__)
    in_forms = set(re.findall(r'fields\.get\("(\w+)"[,)]', code)) | beside
    assert in_forms | item == {name for door in TABLE for name in door.fields}
    headers = {one.name for door in TABLE for one in door.parameters if one.where == "header"}
    assert {name.lower() for name in headers} == {"amparo-" + name.replace("_", "-") for name in item}
