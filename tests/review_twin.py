"""The queue in memory: work of all kinds, decisions, undo, locks and second answers, as the rooms below promise them. Tests nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amparo.access.staff_model import StaffPrincipal
from amparo.cases.model import CaseFacts
from amparo.errors import AmparoError, BadInput, Conflict, NotFound, Refused
from amparo.review.asking import Counts, Cursor, Filter, Lone, OfMany, Outcome, Override, Page, Waiting
from amparo.review.model import Card, Comment, Copy, Decision, DecisionMade, ReportWords, Vouched, Work, WorkKind
from amparo.review.seconds import Question

NOW = datetime.now(UTC).replace(microsecond=0)
KINDS: tuple[WorkKind, ...] = ("match", "report", "case", "tip")
UNDO = timedelta(minutes=10)


def copy(number: int, **more: Any) -> Copy:
    known = {"event_id": number, "kind": "pdq", "distance_bits": number % 20, "threshold_bits": 31, "view": "identity"}
    return Copy(1, "Harbour", f"post-{number}", 2, NOW - timedelta(hours=3), NOW, **{**known, **more})


def card(number: int, kind: WorkKind | None = None, **more: Any) -> Card:
    """A card of that number; its kind by it. more: of the work."""
    kind = kind or KINDS[number % len(KINDS)]
    due, opened = NOW + timedelta(minutes=number), NOW - timedelta(hours=5)
    copies: tuple[Copy, ...] = ()
    contents: tuple[Vouched, ...] = ()
    if kind == "match":
        copies = (copy(number), copy(number + 1, standing="hide", standing_until=NOW + timedelta(hours=20)))
        contents = (Vouched(number, "Adults", "case:1", True, True, False, (("desk", "positive_class"),), "uid-1"),)
    if kind == "report":
        copies = (Copy(2, "Quay", f"note-{number}", 1, NOW, NOW, report_id=number),)
    uid = f"uid-{number}" if kind in {"case", "tip"} else None
    work = Work(
        number, kind, "open", "adult", due, opened, max(1, len(copies)), False, None, None, None, uid, ("Harbour",)
    )
    words = (ReportWords("Somebody put this up again.", "page 7"),) if kind == "report" else ()
    return Card(replace(work, **more), copies, contents, (), words, (), can_look=False, why_no_look="no_media")


@dataclass
class Review:
    """All services of the queue in one. now: what the clock says. locks: seconds a card stays with who has it. failing: raised by the next act."""

    cards: dict[int, Card] = field(default_factory=dict)
    decisions: list[DecisionMade] = field(default_factory=list)
    skipped: set[tuple[int, int]] = field(default_factory=set)
    made_by_key: dict[tuple[int, int, str], Outcome] = field(default_factory=dict)
    questions: dict[int, Waiting] = field(default_factory=dict)
    answered: list[tuple[int, str, bool | str]] = field(default_factory=list)
    failing: AmparoError | None = None
    no_look: str = "no_media"
    now: datetime = NOW

    @classmethod
    def of(cls, count: int) -> "Review":
        return cls({number: card(number) for number in range(1, count + 1)})

    # the queue

    def next(self, principal: StaffPrincipal, wanted: Filter) -> Card | None:
        for each in self._open(principal, wanted):
            if (principal.id, each.work.id) not in self.skipped and each.work.locked_by in {None, principal.id}:
                return self.card(principal, each.work.id)
        return None

    def card(self, principal: StaffPrincipal, work_id: int) -> Card:
        found = self.cards.get(work_id)
        if found is None:
            raise NotFound("unknown_work", "there is no such work")
        if found.work.state == "open" and found.work.locked_by is None:
            found = self._set(work_id, locked_by=principal.id, locked_until=self.now + UNDO)
        return found

    def seen(self, principal: StaffPrincipal, work_id: int) -> Card:
        found = self.cards.get(work_id)
        if found is None:
            raise NotFound("unknown_work", "there is no such work")
        return found

    def listed(self, principal: StaffPrincipal, wanted: Filter, after: Cursor | None, limit: int) -> Page:
        works = [each.work for each in self._open(principal, wanted)]
        works = [work for work in works if after is None or (us(work.due_at), work.id) > after]
        rest = works[limit:]
        last = works[limit - 1] if rest else None
        return Page(tuple(works[:limit]), (us(last.due_at), last.id) if last else None)

    def counts(self, principal: StaffPrincipal) -> Counts:
        open_ = [each.work for each in self.cards.values() if each.work.state == "open"]
        under_18 = sum(work.queue == "under_18" for work in open_)
        second = sum(each.work.state == "second" for each in self.cards.values())
        return Counts(len(open_), second, under_18, min((work.opened_at for work in open_), default=None))

    def skip(self, principal: StaffPrincipal, work_id: int) -> None:
        self._fail()
        self.skipped.add((principal.id, work_id))
        self._set(work_id, locked_by=None, locked_until=None)

    def pass_on(self, principal: StaffPrincipal, work_id: int, to: int | None) -> None:
        Review.skip(self, principal, work_id)
        self._set(work_id, assigned_to=to)

    def assign(self, principal: StaffPrincipal, work_id: int, to: int | None) -> None:
        self._fail()
        self._set(work_id, assigned_to=to)

    def comment(self, principal: StaffPrincipal, work_id: int, text: str) -> None:
        self._fail()
        if not text.strip():
            raise BadInput("bad_comment", "a comment is empty")
        found = self.cards[work_id]
        self.cards[work_id] = replace(found, comments=(*found.comments, Comment(principal.name, text, self.now)))

    # looks

    def why_not(self, principal: StaffPrincipal, work_id: int) -> str:
        return "under_18" if self.cards[work_id].work.minor_possible else self.no_look

    def offers(self, work_id: int) -> list[str]:
        return [f"{one.client_id}:{one.item_id}" for one in self.cards[work_id].copies]

    # deciding

    def decide(self, principal: StaffPrincipal, work_id: int, decision: Decision, key: str) -> Outcome:
        self._fail()
        if done := self.made_by_key.get((work_id, principal.id, key)):
            return done
        found = self.cards[work_id]
        if found.work.state == "done":
            return Outcome("already", found.decisions[-1])
        if found.work.locked_by not in {None, principal.id}:
            raise Conflict("work_locked", "another has it")
        stands = any(one.has_request for one in found.contents)
        needs = decision.answer == "not_this" and stands
        made = self._made(principal, work_id, decision.answer, decision.action, decision.reason)
        self._set(work_id, state="second" if needs else "done", locked_by=None, locked_until=None)
        outcome = Outcome("waits_for_second" if needs else "decided", made)
        if needs:
            lift = Question("lift_hide", f"work:{work_id}")
            outcome = replace(outcome, second_id=self.ask(principal, lift))
        self.made_by_key[work_id, principal.id, key] = outcome
        return outcome

    def decide_many(
        self, principal: StaffPrincipal, work_ids: Sequence[int], decision: Decision, key: str
    ) -> list[OfMany]:
        return [OfMany(each, self.decide(principal, each, decision, key)) for each in work_ids]

    def undo(self, principal: StaffPrincipal, decision_id: int) -> DecisionMade:
        self._fail()
        at = next((n for n, made in enumerate(self.decisions) if made.id == decision_id), None)
        if at is None:
            raise NotFound("unknown_decision", "there is no such decision")
        before = self.decisions[at]
        if before.by_id != principal.id:
            raise Refused("undo_not_yours", "somebody else's")
        if before.undone_by is not None or (before.undo_until or NOW) < self.now:
            raise Conflict("undo_over", "over")
        made = self._made(principal, before.work_id, "undo", None, "", undoes=decision_id, undo_until=None)
        self.decisions[at] = replace(before, undone_by=made.id)
        self._set(before.work_id, state="open", locked_by=principal.id, locked_until=self.now + UNDO)
        return made

    def recent(self, principal: StaffPrincipal, limit: int) -> list[DecisionMade]:
        mine = [
            made for made in self.decisions if made.by_id == principal.id and not made.undone_by and not made.undoes
        ]
        return [made for made in reversed(mine) if made.undo_until and made.undo_until > self.now][:limit]

    under_18 = "portal_under_18"

    def set_minor(self, principal: StaffPrincipal, work_id: int, cause: str) -> None:
        self._fail()
        self._set(work_id, minor_possible=True, queue="under_18")

    # two people

    def ask(self, principal: StaffPrincipal, asked: Question) -> int:
        self._fail()
        number, work_id = len(self.questions) + 1, int(asked.subject.partition(":")[2])
        by = (("by", principal.name),)
        self.questions[number] = Waiting(number, asked.kind, self.now, asked.subject, work_id, by)
        return number

    def waiting(self, principal: StaffPrincipal, after: int = 0, limit: int = 500) -> list[Waiting]:
        done = {number for number, _, _ in self.answered}
        mine = ("by", principal.name)
        return [
            self.one(principal, one.id)
            for one in self.questions.values()
            if one.id > after and one.id not in done and mine not in one.facts
        ][:limit]

    def asked(self, principal: StaffPrincipal, after: int = 0, limit: int = 500) -> list[Waiting]:
        del principal, after, limit
        return []

    def one(self, principal: StaffPrincipal, second_id: int) -> Waiting:
        if second_id not in self.questions:
            raise NotFound("unknown_second", "there is no such question")
        return replace(self.questions[second_id], facts=())

    def answer(self, principal: StaffPrincipal, second_id: int, *, yes: bool) -> None:
        self._fail()
        if ("by", principal.name) in self.questions[second_id].facts:
            raise Refused("same_person", "the first answer was theirs")
        self.answered.append((second_id, principal.name, yes))

    def override(self, principal: StaffPrincipal, second_id: int, reason: str) -> None:
        self._fail()
        if not reason:
            raise BadInput("bad_reason", "there is no reason")
        self.answered.append((second_id, principal.name, reason))

    def overrides(self, before: int | None, limit: int) -> tuple[list[Override], int]:
        done = [
            Override(number, self.questions[number].kind, who, NOW, why)
            for number, who, why in self.answered
            if isinstance(why, str) and (before is None or number < before)
        ]
        return done[::-1][:limit], len(done)

    def keys(self) -> list[Lone]:
        return [Lone("Harbour", "importer", "curator", NOW)]

    # cases

    def facts(self, uid: str) -> CaseFacts:
        is_tip = uid == "uid-3"
        consents = {} if is_tip else {"match": True, "desk": False, "share": True, "statistics": False}
        return CaseFacts(
            7, uid, "tip" if is_tip else "case", NOW, None if is_tip else "adult_stated", False,
            "group" if is_tip else None, False, "ko", None, () if is_tip else ("shared", "threatened"),
            {"listed": 2}, (), 1, 1, False, consents,
        )  # fmt: skip

    # inside

    def _fail(self) -> None:
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error

    def _set(self, work_id: int, **values: Any) -> Card:
        found = self.cards[work_id]
        self.cards[work_id] = replace(found, work=replace(found.work, **values))
        return self.cards[work_id]

    def _open(self, principal: StaffPrincipal, wanted: Filter) -> list[Card]:
        found = [
            each
            for each in self.cards.values()
            if each.work.state == wanted.state
            and (not wanted.kinds or each.work.kind in wanted.kinds)
            and wanted.queue in {None, each.work.queue}
            and (not wanted.client or wanted.client in each.work.clients)
            and wanted.assigned_to in {None, each.work.assigned_to}
        ]
        return sorted(found, key=lambda each: (each.work.due_at, each.work.id))

    def _made(
        self, principal: StaffPrincipal, work_id: int, answer: Any, action: Any, reason: str, **more: Any
    ) -> DecisionMade:
        given = {"undo_until": self.now + UNDO, **more}
        number = len(self.decisions) + 1
        made = DecisionMade(number, work_id, principal.id, principal.name, answer, action, reason, self.now, **given)
        self.decisions.append(made)
        found = self.cards[work_id]
        self.cards[work_id] = replace(found, decisions=(*found.decisions, made))
        return made


def us(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def services(review: Review) -> dict[str, Any]:
    """The fields of Doors it stands for."""
    return dict.fromkeys(("queue", "deciding", "minors", "seconds", "cases", "looks"), review)
