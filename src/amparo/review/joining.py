"""How something that came in joins a work: all copies of one picture are one work. Decides nothing and orders nothing.

A cluster is what shares contents: a copy joins the undecided work of any content it met, and else opens one, which remembers the
first work of those contents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import Connection

from amparo.review import work_rows as rows
from amparo.review.model import WorkKind
from amparo.review.urgency import Urgency, due_us
from amparo.store.db import AnyRow

EARLIER_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """One copy as it was met or reported. item_id: "" where none was named. kind and the rest: of the nearest content, "" for reports."""

    client_id: int
    client: str
    item_id: str
    at_us: int
    event_id: int | None = None
    report_id: int | None = None
    kind: str = ""
    distance_bits: int | None = None
    threshold_bits: int | None = None
    view: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """What a work is opened for, or gains. banks: of its contents, by content. classes: how urgent it is (urgency.py)."""

    kind: WorkKind
    classes: Sequence[Urgency]
    is_minor: bool = False
    banks: Mapping[int, str] = field(default_factory=dict)
    case_uid: str | None = None


def opened(connection: Connection, coming: Coming, at_us: int, state: Literal["open", "done"] = "open") -> AnyRow:
    """A new work."""
    minor: tuple[Urgency, ...] = ("under_18",) if coming.is_minor else ()
    earlier = rows.done_with(connection, list(coming.banks), 1) if coming.banks else ()
    values = {
        "kind": coming.kind,
        "state": state,
        "queue": "under_18" if coming.is_minor else "adult",
        "cluster": (earlier[0].cluster or earlier[0].id) if earlier else None,
        "due_us": due_us(at_us, [*coming.classes, *minor]),
        "opened_us": at_us,
        "updated_us": at_us,
        "copies": 0,
        "minor_possible": int(coming.is_minor),
        "case_uid": coming.case_uid,
    }
    work_id = rows.add_work(connection, values)
    rows.add_contents(connection, work_id, coming.banks)
    return _read(connection, work_id)


def joined(connection: Connection, work: AnyRow, coming: Coming, at_us: int) -> AnyRow:
    """The work with what it gains; it never becomes less urgent."""
    rows.add_contents(connection, work.id, coming.banks)
    values: dict[str, Any] = {"updated_us": at_us}
    classes = [*coming.classes]
    if coming.is_minor and not work.minor_possible:
        values |= {"queue": "under_18", "minor_possible": 1}
        classes.append("under_18")
    values["due_us"] = min(work.due_us, due_us(work.opened_us, classes))
    rows.set_work(connection, work.id, values)
    return _read(connection, work.id)


def count(connection: Connection, work: AnyRow, seen: Seen) -> None:
    """Count a copy: one that is known once more, and by what met nearest."""
    known = rows.copy(connection, work.id, seen.client_id, seen.item_id)
    facts = {
        "event_id": seen.event_id,
        "kind": seen.kind,
        "distance_bits": seen.distance_bits,
        "threshold_bits": seen.threshold_bits,
        "view": seen.view,
    }
    if known is None:
        same = {"work_id": work.id, "client_id": seen.client_id, "client": seen.client, "item_id": seen.item_id}
        times = {"times": 1, "first_us": seen.at_us, "last_us": seen.at_us, "report_id": seen.report_id}
        rows.add_copy(connection, same | times | facts)
        rows.set_work(connection, work.id, {"copies": work.copies + 1, "updated_us": seen.at_us})
        return
    changed: dict[str, Any] = {"times": known.times + 1, "last_us": max(known.last_us, seen.at_us)}
    if seen.report_id is not None:
        changed["report_id"] = seen.report_id
    if is_nearer(seen, known):
        changed |= facts
    rows.set_copy(connection, known, changed)


def is_nearer(seen: Seen, known: AnyRow) -> bool:
    """Whether it met nearer than what is known of this copy."""
    if seen.distance_bits is None:
        return False
    return known.distance_bits is None or seen.distance_bits < known.distance_bits


def _read(connection: Connection, work_id: int) -> AnyRow:
    row = rows.work_by_id(connection, work_id)
    assert row is not None, "it was written just now"
    return row
