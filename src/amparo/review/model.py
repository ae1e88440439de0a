"""Work, decisions, actions and looks as values, and the rules that need no database. Reads none."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

WorkKind = Literal["match", "report", "case", "tip"]
WorkState = Literal["open", "second", "done"]
"""second: a first answer was given, and another of the staff must give theirs."""
QueueName = Literal["adult", "under_18"]
Answer = Literal["confirm", "not_this"]
ActionName = Literal["hide", "remove", "restore"]
Ground = Literal["match", "request", "report", "decision"]
"""Why an action was ordered: a match alone; a match with what a person's case asks for; a report; a decision of staff."""
SecondKind = Literal["bank_entry", "clear_minor", "lift_hide", "open_tip", "export"]

OVER_SECONDS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Copy:
    """One item of a platform that belongs to a work. times: how often it was told. standing: the last action ordered for it."""

    client_id: int
    client: str
    item_id: str | None
    times: int
    first_at: datetime
    last_at: datetime
    event_id: int | None = None
    report_id: int | None = None
    kind: str = ""
    distance_bits: int | None = None
    threshold_bits: int | None = None
    view: str = ""
    standing: ActionName | None = None
    standing_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """One content that a work's copies met. origin: who listed it. has_request: a person's case asks for it, and was not taken back.

    case_uid: of that case.
    """

    content_id: int
    bank: str
    origin: str
    is_live: bool
    has_request: bool
    flood_guarded: bool
    opinions: tuple[tuple[str, str], ...] = ()
    case_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A note among staff on a work."""

    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportWords:
    """What somebody wrote with a report, each part "" where nothing was. reason: one of their own. where: as they say it; no link is made of it."""

    words: str = ""
    where: str = ""
    reason: str = ""
    reported_by: str = ""


MinorCause = Literal["", "stated", "listed"]
"""Why a work was marked as perhaps showing somebody under 18 without meeting such: a person states it of what is near, or somebody's
list holds what is near. "": it met such, or one of the staff marked it, who says why in a comment."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to decide: all copies of one picture together. due_at: the more urgent the earlier. case_uid: of a case or tip."""

    id: int
    kind: WorkKind
    state: WorkState
    queue: QueueName
    due_at: datetime
    opened_at: datetime
    copies: int
    minor_possible: bool
    assigned_to: int | None
    locked_by: int | None
    locked_until: datetime | None
    case_uid: str | None
    clients: tuple[str, ...] = ()
    minor_cause: MinorCause = ""


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of a work before anybody looks: facts, never a picture. words: of reports, opened with the reader's key.

    shown: names the copies it has, for the decision (covering.py).
    """

    work: Work
    copies: tuple[Copy, ...]
    contents: tuple[Vouched, ...]
    comments: tuple[Comment, ...]
    words: tuple[ReportWords, ...]
    decisions: tuple["DecisionMade", ...]
    can_look: bool
    why_no_look: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one of the staff decides. action: None takes the setting's. reason: of not_this: other_picture, listing_wrong, no_ground.

    severity: how serious it is, 0 unsaid, 1 to 3. shown: of the card that was decided on; "" where none was shown.
    """

    answer: Answer
    action: ActionName | None = None
    reason: str = ""
    severity: int = 0
    shown: str = ""


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision as it is in the record. undoes: the decision it takes back. until: it can be taken back until then, by who made it."""

    id: int
    work_id: int
    by_id: int
    by: str
    answer: Answer | Literal["undo"]
    action: ActionName | None
    reason: str
    at: datetime
    undo_until: datetime | None
    undone_by: int | None = None
    undoes: int | None = None
    is_override: bool = False
    severity: int = 0
    looked: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """An action to be ordered. by: ``match``, ``report``, ``clock`` or ``staff:ID``. until_us: when an interim hide ends by itself."""

    client_id: int
    item_id: str
    action: ActionName
    ground: Ground
    by: str
    work_id: int | None = None
    decision_id: int | None = None
    until_us: int | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What was asked for last of an item. until: when it ends by itself."""

    action_id: int
    action: ActionName
    ground: Ground
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Action:
    """An action as it stands in the record and goes to the client. Its idempotency key never changes."""

    id: int
    client_id: int
    client: str
    item_id: str
    action: ActionName
    ground: Ground
    by: str
    at: datetime
    idempotency_key: str
    until: datetime | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to look once. token: shown to the browser alone, its digest is kept. seconds: counted in full unless reported shorter."""

    token: str = field(repr=False)
    work_id: int
    seconds: int
    until: datetime
    clarity: int
