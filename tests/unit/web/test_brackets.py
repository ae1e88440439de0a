"""The finder of English outside the brackets of en-XA finds it, in text, attributes and scripts."""

import pytest

from tests.tidy.brackets import outside_brackets


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<p>⟦Ĥî <b>þ</b> ŷ⟧ 12</p>", []),
        ("<p>⟦Ĥî⟧ Jo <i>⟦a⟧</i> and</p>", ["Jo", "and"]),
        ("<p>⟦a ⟦b⟧ c⟧ d</p>", ["d"]),
        ('<img alt="A dog"><input placeholder="⟦a⟧" value="adult">', ["A dog"]),
        ('<script type="application/json">{"a": "⟦b⟧", "c": {"one": "d", "other": "⟦e⟧"}}</script>', ["d"]),
        ("<style>p { color: red }</style><title>Notes</title>", ["Notes"]),
    ],
)
def test_what_stands_outside_is_found(page, found):
    assert outside_brackets(page) == found
