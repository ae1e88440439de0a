"""Every door of the console by everybody by every row, over a real ledger: nothing beyond the matrix answers, or tells what is in it.

What is expected stands here as data: by role (access/staff_model.py) and, row by row, by whose it is. Of each combination that is to
be refused all buttons of the page are tried, and the ledger is the same afterwards.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Select, Table, select

from amparo.access.staff_model import STAFF_MATRIX, StaffRole
from amparo.console.door import ARG, Door
from amparo.console.table import TABLE
from amparo.store.db import LEDGER
from tests.console import Desk, at
from tests.integration.desk import code
from tests.integration.everyone import LIMITS, PAIRS, Everyone, everyone, said

ASKING = dict(PAIRS)
NOBODY = ("nobody", "ended", "half")
"""Not signed in; by the session of an account that was ended; by the token of a sign-in that only began."""
WORK_KINDS: Mapping[StaffRole, frozenset[str]] = {
    "reviewer": frozenset({"match", "report"}),
    "caseworker": frozenset({"case", "tip"}),
    "lead": frozenset({"match", "report", "case", "tip"}),
    "admin": frozenset({"match", "report", "case", "tip"}),
    "auditor": frozenset(),
}
ALL = frozenset(ASKING)
NONE: frozenset[str] = frozenset()
TWO = frozenset({"lea", "ada"})
OF_ITEMS, OF_PERSONS = frozenset({"ann", "lea", "ada"}), frozenset({"cas", "lea", "ada"})
GONE_ID = "987654"
FORBIDDEN, OVER = dict.fromkeys((*ASKING, *NOBODY), 403), dict.fromkeys((*ASKING, *NOBODY), 410)


@dataclass(frozen=True)
class Row:
    """One row behind a door. args: of its path. by: who is answered, of those whose role may use the door.

    told: what others are told, by name; who is not named there is told what says that there is no such row.
    """

    args: Mapping[str, str]
    by: frozenset[str] = ALL
    told: Mapping[str, int] = field(default_factory=dict)

    def status(self, name: str) -> int | None:
        """Of the refusal; None where there is an answer."""
        return None if name in self.by or self.by == ALL else self.told.get(name, 404)


@dataclass(frozen=True)
class Ask:
    """One combination. status: of the refusal; None where it is answered."""

    door: Door
    row: Row
    name: str
    status: int | None

    @property
    def path(self) -> str:
        return ARG.sub(lambda arg: self.row.args[arg[1]], self.door.path)


# --- which rows there are behind which door


def works(there: Everyone) -> Iterator[Row]:
    for key, number in there.rows.items():
        if key.startswith("work-"):
            is_persons = key in {"work-amy", "work-may", "work-open"}
            yield Row({"id": number}, OF_PERSONS if is_persons else OF_ITEMS)
    yield Row({"id": GONE_ID}, NONE)


def cases(there: Everyone) -> Iterator[Row]:
    for key, uid in there.rows.items():
        if key.startswith(("case-", "tip-")):
            yield Row({"uid": uid}, NONE if key in {"tip-shut", "tip-ours", "tip-theirs"} else ALL)
    yield Row({"uid": "0" * 32}, NONE)


def sealed_tips(there: Everyone) -> Iterator[Row]:
    """Each who may open tips may ask for any that is sealed."""
    for key, uid in there.rows.items():
        if key.startswith(("case-", "tip-")):
            yield Row({"uid": uid}, ALL if key in {"tip-shut", "tip-ours", "tip-theirs"} else NONE)


def open_tips(there: Everyone) -> Iterator[Row]:
    """Only the two who opened one read it."""
    for key, uid in there.rows.items():
        if key.startswith(("case-", "tip-")):
            is_sealed = key in {"tip-shut", "tip-ours", "tip-theirs"}
            yield Row({"uid": uid}, TWO if key == "tip-ours" else NONE, FORBIDDEN if is_sealed else {})


def decisions(there: Everyone) -> Iterator[Row]:
    """A lead takes back another's; nobody else does, and what a role does not see is not there for it."""
    for key, sees in (("bea", "ann"), ("lou", "ann"), ("cid", "cas")):
        yield Row({"id": there.rows[f"decision-{key}"]}, TWO, {sees: 403})
    yield Row({"id": GONE_ID}, NONE)


def waiting(there: Everyone) -> Iterator[Row]:
    for key in ("second-lift", "second-minor", "second-entry-bea", "second-entry-ann"):
        yield Row({"id": there.rows[key]}, OF_ITEMS)
    for key in ("second-export", "second-tip"):
        yield Row({"id": there.rows[key]}, TWO)
    yield Row({"id": GONE_ID}, NONE)


def members(there: Everyone) -> Iterator[Row]:
    for key, number in there.rows.items():
        if key.startswith("member-"):
            yield Row({"id": number})


def exposures(there: Everyone) -> Iterator[Row]:
    """Of nobody but who named the reader as carer; their own has another address."""
    for key, number in there.rows.items():
        if key.startswith("member-"):
            yield Row({"id": number}, frozenset({"lea"}) if key == "member-cid" else NONE, FORBIDDEN)
    yield Row({"id": GONE_ID}, NONE, FORBIDDEN)


def banks(there: Everyone) -> Iterator[Row]:
    for key, name in there.rows.items():
        if key.startswith("bank-"):
            yield Row({"bank": name})
    yield Row({"bank": "nowhere"}, NONE)


def contents(there: Everyone) -> Iterator[Row]:
    """A content is there in its own bank alone."""
    homes = {"content-partners": "partners", "content-refuted": "refuted", "content-amy": there.rows["bank-of-amy"]}
    for key, home in homes.items():
        for bank in dict.fromkeys([*homes.values(), "portal_under_18"]):
            yield Row({"bank": bank, "id": there.rows[key]}, ALL if bank == home else NONE)


def questions(there: Everyone) -> Iterator[Row]:
    for bank in ("partners", "refuted"):
        args = {"bank": bank, "id": there.rows["question-partners"]}
        yield Row(args, ALL if bank == "partners" else NONE)


def leaves(there: Everyone) -> Iterator[Row]:
    """A list goes to the two who agreed, of that bank alone."""
    yield Row({"bank": "partners", "id": there.rows["leave-theirs"]}, NONE)
    yield Row({"bank": "refuted", "id": there.rows["leave-ours"]}, NONE)
    yield Row({"bank": "partners", "id": there.rows["leave-ours"]}, TWO)


def webhooks(there: Everyone) -> Iterator[Row]:
    for key in ("webhook-forum", "webhook-photos"):
        yield Row({"id": there.rows[key]})
    yield Row({"id": GONE_ID}, NONE)


def looks(there: Everyone) -> Iterator[Row]:
    """A look is its own person's alone; to others it is over, as one that never was."""
    for token in (there.tokens["look-bea"], "made-up"):
        yield Row({"token": token}, NONE, OVER)


def covered(there: Everyone) -> Iterator[Row]:
    """Nothing is said of a look that is another's, and nothing happens."""
    for token in (there.tokens["look-bea"], "made-up"):
        yield Row({"token": token})


def links(there: Everyone) -> Iterator[Row]:
    """Whoever has an invitation's link, and nobody who makes one up."""
    yield Row({"token": "made-up"}, NONE, OVER)
    yield Row({"token": there.tokens["half"]}, NONE, OVER)


ROWS = {
    "/work/{id}": works,
    "/work/{id}/look": works,
    "/decisions/{id}/undo": decisions,
    "/seconds/{id}": waiting,
    "/settings/exposure/{id}": exposures,
    "/staff/{id}": members,
    "/cases/{uid}": cases,
    "/cases/{uid}/message": cases,
    "/cases/{uid}/receipt": cases,
    "/cases/{uid}/minor": cases,
    "/tips/{uid}": open_tips,
    "/tips/{uid}/open": sealed_tips,
    "/tips/{uid}/message": open_tips,
    "/banks/{bank}": banks,
    "/banks/{bank}/what-if/{id}": questions,
    "/banks/{bank}/export": banks,
    "/banks/{bank}/exports/{id}": leaves,
    "/banks/{bank}/contents": banks,
    "/banks/{bank}/guarded": banks,
    "/banks/{bank}/entry": banks,
    "/banks/{bank}/contents/{id}": contents,
    "/banks/{bank}/contents/{id}/withdraw": contents,
    "/webhooks/{id}": webhooks,
    "/looks/{token}": looks,
    "/looks/{token}/covered": covered,
    "/sign-up/{token}": links,
    "/sign-up/{token}/begin": links,
    "/sign-up/{token}/finish": links,
    "/sign-up/{token}/password": links,
}
"""By the path of a door that has arguments. A door that is not here fails the test: whoever adds one says whose its rows are."""
JSON_BODIES: Mapping[str, object] = {
    "/sign-up/{token}/begin": {"name": "eve"},
    "/sign-up/{token}/finish": {"token": "made-up", "answer": {}, "name": "eve"},
    "/settings/passkeys/finish": {"token": "made-up", "answer": {}, "name": "eve"},
    "/sign-in/finish": {"token": "made-up", "answer": {}},
}
PRESSED: Mapping[str, Sequence[Mapping[str, str]]] = {
    "/work/{id}": (
        *({"act": act, "key": "k", "reason": "no_ground", "severity": "0"} for act in ("confirm", "not-this")),
        *(
            {"act": act, "to": "6", "comment": "words", "cause": "looks", "why": "x" * 20}
            for act in ("skip", "pass", "assign", "comment", "minor", "clear-minor")
        ),
        {
            "act": "list",
            "copy": f"1:{said('item-forum')}",
            "bank": "partners",
            "because": "x" * 20,
            "adult": "1",
            "key": "c" * 16,
        },
    ),
    "/seconds/{id}": tuple({"act": act, "reason": "x" * 20} for act in ("yes", "no", "override")),
    "/staff": ({"act": "invite", "role": "admin", "name": "eve"}, {"act": "take-back", "link": "0" * 16}),
    "/staff/{id}": tuple(
        {"act": act, "role": "admin"} for act in ("role", "end", "link", "give-desk", "give-tips", "sign-out")
    ),
    "/settings/exposure/{id}": ({"looks_day": "1", "seconds_day": "1", "looks_28": "1", "seconds_28": "1"},),
    "/settings/desk/exposure": ({"looks_day": "1", "seconds_day": "1", "looks_28": "1", "seconds_28": "1"},),
    "/cases/{uid}/message": ({"act": "send", "text": "words"},),
    "/cases/{uid}/receipt": ({"asked": "called_back", "number": "2"},),
    "/tips/{uid}/open": ({"reason": "x" * 20},),
    "/tips/{uid}/message": ({"act": "send", "text": "words"},),
    "/banks": ({"name": "theirs", "polarity": "positive"},),
    "/banks/{bank}": ({"polarity": "positive", "bits-pdq": "1", "bits-vpdq": "1", "share": "1", "action": "hide"},),
    "/banks/{bank}/export": ({"reason": "x" * 20},),
    "/banks/{bank}/entry": ({"adult": "1", "hashes": f"pdq {code(7)}", "key": "c" * 16, "reason": "x" * 20},),
    "/banks/{bank}/contents/{id}": tuple({"act": act} for act in ("release", "off", "on")),
    "/banks/{bank}/contents/{id}/withdraw": ({"sure": "1"},),
    "/webhooks": ({"client": "1", "url": "https://elsewhere.example/"},),
    "/webhooks/{id}": tuple({"act": act} for act in ("pause", "go", "secret", "replay", "delete")),
    "/work/{id}/look": ({"copy": f"1:{said('item-forum')}", "reason": "near_threshold"},),
    "/queue/bulk": ({"act": "confirm", "work": "4", "key": "k"},),
}
"""What is pressed where it must do nothing: every button of the page, with all that belongs to it."""
MADE_UP: Mapping[str, int] = {
    "/sign-in": 401,
    "/sign-in/finish": 410,
    "/settings/passkeys/finish": 410,
    "/settings/password": 410,
}
"""Open doors at which what is made up signs nobody in and changes no way in: the status they tell."""
DONE_AT_ONCE = frozenset({"/decisions/{id}/undo", "/cases/{uid}/minor", "/sign-out", "/banks/{bank}/what-if/{id}"})
"""Doors that do what they do without a field: not pressed for those who may (tests of their own do)."""


def asks(there: Everyone) -> list[Ask]:
    """Every combination, with what is expected of it."""
    found = []
    for door in TABLE:
        assert ARG.search(door.path) is None or door.path in ROWS, f"{door.path}: say in ROWS whose its rows are"
        rows = list(ROWS[door.path](there)) if door.path in ROWS else [Row({})]
        found += [Ask(door, row, name, expected(door, row, name)) for row in rows for name in (*ASKING, *NOBODY)]
    return found


def expected(door: Door, row: Row, name: str) -> int | None:
    """The status of a refusal; None where there is an answer."""
    if door.permission is None:
        return row.status(name)
    if name in NOBODY:
        return 303 if door.method == "GET" else 401
    if door.permission not in STAFF_MATRIX[ASKING[name]]:
        return 403
    return row.status(name)


# --- who may read which word


def readers(there: Everyone) -> dict[str, frozenset[str]]:
    """Each planted word, and which of those who ask may be told it. What stands in no answer at all is told nobody."""
    may: dict[str, frozenset[str]] = {}
    for client in ("forum", "photos"):
        may[said(f"item-{client}")] = may[said(f"note-{client}")] = OF_ITEMS
        may[said(f"told-{client}")] = OF_ITEMS
        may[said(f"hook-{client}")] = frozenset({"lea", "ada", "aud"})
    for name in ("amy", "may"):
        may[said(f"words-{name}")] = may[said(f"place-{name}")] = OF_PERSONS
        may[said(f"comment-work-{name}")] = OF_PERSONS
    for key in there.rows:
        if key.startswith("work-"):
            may.setdefault(said(f"comment-{key}"), OF_ITEMS)
    may[said("comment-work-open")] = OF_PERSONS
    may[said("item-young")] = may[said("done-bea")] = may[said("done-lou")] = OF_ITEMS
    may[said("tip-open")] = may[said("tip-done")] = OF_PERSONS
    may[said("tip-ours")] = TWO
    may[said("tip-shut")] = may[said("tip-theirs")] = NONE
    for bank in ("partners", "refuted"):
        may[said(f"note-{bank}")] = may[said(f"listed-{bank}")] = frozenset({"ann", "lea", "ada", "aud"})
    may |= {said(f"key-{name}"): NONE for name in ("bea", "cid", "lou", "alma", "abe")}
    may |= {said("why-it"): NONE, said("why-ours"): NONE, said("why-theirs"): NONE, said("note-asked"): NONE}
    may[said("media-door")] = NONE
    may[said("why-told")] = TWO  # whoever may answer reads why a list or a tip is wanted
    may |= dict.fromkeys(there.tokens.values(), NONE)
    may[code(900)] = TWO
    may |= {code(picture): NONE for picture in (1, 2, 901, 950)}
    return may


FIGURE = re.compile(rf"\b{LIMITS.seconds_28 // 1000},?{LIMITS.seconds_28 % 1000:03}\b")


UNTOUCHED = (
    "look",
    "staff",
    "staff_passkey",
    "key_slot",
    "staff_invite",
    "decision",
    "second_look",
    "action",
    "webhook",
)
"""What no visit changes, neither a look that is another's."""


@dataclass
class Told:
    """What somebody was told that they must not be."""

    wrong: list[str] = field(default_factory=list)

    def look_at(self, ask: Ask, answer: httpx.Response, may: Mapping[str, frozenset[str]]) -> None:
        text = "\n".join([answer.text, *answer.headers.values()])
        words = [word for word, by in may.items() if ask.name not in by and word in text]
        if FIGURE.search(text):
            words.append("another's limits")
        self.wrong += [f"{ask.name} {ask.door.method} {ask.path}: told {word}" for word in words]


# --- asking


def as_it_is(there: Everyone) -> dict[str, list[str]]:
    """The whole ledger, but for what any visit may change: when a session was used, and what somebody was given to read."""
    found = {}
    with there.house.rooms.db.read() as connection:
        for name, table in LEDGER.tables.items():
            if name not in {"staff_read", "staff_ceremony", "staff_attempt"}:
                found[name] = sorted(repr(tuple(row)) for row in connection.execute(_lasting(table)).all())
    return found


def _lasting(table: Table) -> Select[Any]:
    passing = {"seen_us", "locked_by", "locked_until_us"}
    return select(*(column for column in table.columns if column.name not in passing))


async def asked(desk: Desk, ask: Ask, pressed: Mapping[str, str]) -> httpx.Response:
    if ask.door.method == "GET":
        return await desk.get(ask.path)
    if ask.door.path in JSON_BODIES:
        return await desk.posted_json(ask.path, JSON_BODIES[ask.door.path])
    return await desk.post(ask.path, **pressed)


def buttons(ask: Ask) -> Sequence[Mapping[str, str]]:
    """What is pressed: all there is, where the door is open and only the row is another's; else one says as much."""
    if ask.door.method == "GET":
        return ({},)
    every = PRESSED.get(ask.door.path, ({},))
    may = ask.name in ASKING and ask.door.permission in STAFF_MATRIX[ASKING[ask.name]]
    return every if may else every[:1]


def tokens(there: Everyone) -> dict[str, str]:
    own = {name: there.tokens[f"session-{name}"] for name in ASKING}
    return own | {"nobody": "", "ended": there.tokens["ended"], "half": there.tokens["half"]}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Everyone]:
    async with everyone(tmp_path) as made:
        yield made


async def test_nothing_beyond_the_matrix_answers_does_or_tells(there: Everyone) -> None:
    may, told, statuses = readers(there), Told(), []
    every = asks(there)
    refused, answered = ([ask for ask in every if (ask.status is None) is given] for given in (False, True))
    assert min(len(refused), len(answered)) > 300
    before = as_it_is(there)
    async with at(there.doors) as made:
        desks = {name: made(token) for name, token in tokens(there).items()}
        for ask in refused:
            for pressed in buttons(ask):
                answer = await asked(desks[ask.name], ask, pressed)
                told.look_at(ask, answer, may)
                if answer.status_code != ask.status:
                    statuses.append(
                        f"{ask.name} {ask.door.method} {ask.path} {dict(pressed)}: {answer.status_code}, not {ask.status}"
                    )
        assert not statuses, "\n".join(statuses)
        assert not told.wrong, "\n".join(told.wrong)
        assert as_it_is(there) == before, "what was refused did something all the same"
        for ask in answered:
            if ask.door.method == "POST" and ask.door.path in DONE_AT_ONCE:
                continue
            answer = await asked(desks[ask.name], ask, {"act": "none of them"})
            told.look_at(ask, answer, may)
            wanted = MADE_UP.get(ask.door.path) if ask.door.method == "POST" else None
            if answer.status_code != wanted and (
                answer.status_code >= 500 or answer.status_code in {401, 403, 404, 410}
            ):
                statuses.append(f"{ask.name} {ask.door.method} {ask.path}: {answer.status_code}, not an answer")
    assert not statuses, "\n".join(statuses)
    assert not told.wrong, "\n".join(told.wrong)
    after = as_it_is(there)
    for name in UNTOUCHED:
        assert after[name] == before[name], f"{name} changed, and no button was pressed"
