"""What happened with a case, in the reader's language: the ledger keeps each line as one English sentence. Shows no name that is not in it.

A line that is not known here is told as it stands.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from amparo.web.words import N_

STATES: Final = {
    "matched": N_("found"),
    "hidden": N_("to be hidden"),
    "removed": N_("to be taken down"),
    "restored": N_("to be shown again"),
    "confirmed": N_("confirmed"),
}
"""What came of a file, by its name in the line."""
LINES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(rf"{line}(?: \((?P<who>staff:\d+)\))?"), told)
    for line, told in (
        (r"sent", N_("Sent")),
        (r"taken: (?P<some>\d+) of (?P<all>\d+) files listed", N_("Taken: %(some)s of %(all)s files are looked for")),
        (r"wrote a message", N_("Wrote a message")),
        (r"said how she may be contacted", N_("Said how she may be contacted")),
        (r"asked not to be contacted", N_("Asked not to be contacted")),
        (r"withdrew (?P<n>\d+) files", N_("Withdrew files: %(n)s")),
        (r"(?P<n>\d+) files withdrawn in every worker", N_("Files that no answer knows any more: %(n)s")),
        (r"file withdrawn by others", N_("A file was withdrawn by others")),
        (r"the desk wrote a message", N_("The team wrote a message")),
        (
            r"the desk made a new receipt; the one before opens nothing",
            N_("The team made a new receipt; the one before opens nothing"),
        ),
        (r"opened for 30 minutes by (?P<both>staff:\d+(?: and staff:\d+)?)", N_("Opened for 30 minutes by %(both)s")),
        (r"staff marked that it may show somebody under 18", N_("Staff marked that it may show somebody under 18")),
        (r"two of the staff took the under-18 mark away", N_("Two of the staff took the under-18 mark away")),
    )
)
FILE: Final = re.compile(
    r"file (?P<number>\d+): (?P<state>[a-z]+)(?: at (?P<client>.+?))?(?: \((?P<reason>[a-z_]+)\))?"
)
BY: Final = N_("%(line)s, by %(who)s")
OF_FILE: Final = N_("File %(number)s: %(state)s")
AT: Final = N_("File %(number)s: %(state)s at %(client)s")
MEMBER: Final = re.compile(r"staff:(\d+)")


def told(line: str, gettext: Callable[[str], str], names: Mapping[int, str]) -> str:
    """The line as a sentence. names: of the staff, by their number."""
    if (found := FILE.fullmatch(line)) and found["state"] in STATES:
        sentence = gettext(AT if found["client"] else OF_FILE)
        state = gettext(STATES[found["state"]])
        return sentence % {"number": found["number"], "state": state, "client": found["client"]}
    for pattern, sentence in LINES:
        if found := pattern.fullmatch(line):
            values = {name: _named(value or "", names) for name, value in found.groupdict().items()}
            who = values.pop("who")
            said = gettext(sentence) % values if values else gettext(sentence)
            return gettext(BY) % {"line": said, "who": who} if who else said
    return line


def _named(text: str, names: Mapping[int, str]) -> str:
    """``staff:7`` by name, two of them parted by a comma."""
    found = MEMBER.findall(text)
    return ", ".join(names.get(int(one), f"staff:{one}") for one in found) or text
