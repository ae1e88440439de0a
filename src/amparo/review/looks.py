"""Looks: leave to see one picture once, small and grey, for some seconds; each is counted before anything is shown. Decides no work.

The order is what makes the limits hold: 1 in one durable transaction, one writer at a time, the limits are checked and the look is
written with its seconds in full; 2 its token is used up, durably; 3 only then are bytes fetched or opened, and drawn anew in a
child; 4 what the browser reports can only make the count smaller. Killed anywhere between, the look stays counted in full.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from anyio.to_thread import run_sync
from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal
from amparo.errors import AmparoError, BadInput, Conflict, Gone, NotFound, Refused
from amparo.media.model import Reading, Rendered
from amparo.media.stills import Clarity
from amparo.review import look_rows as rows
from amparo.review.cards import WORK_KINDS
from amparo.review.exposure import SEVERITY_MAX, Exposures
from amparo.review.model import Grant
from amparo.review.queue import decided, unknown_work
from amparo.review.subjects import CopyKey, Source, Subject, Subjects, copy_key
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us
from amparo.terms.signal import Signal

REASONS: Final = ("near_threshold", "facts_differ", "report_differs", "who_vouches", "second_person")
"""Why somebody needs to look: the distance is near the threshold; opinions or kinds disagree; a report says something else; who
vouches is not known; as the second person."""
TOKEN_US: Final = 60_000_000
"""So long a granted look waits for its picture to be fetched."""
SLACK_US: Final = 2_000_000
TOKEN_BYTES: Final = 32
TOKEN_CHARS_MAX: Final = 64


class Renderer(Protocol):
    """Draws small grey stills of a file, and hashes it (media/pool.py)."""

    async def read(self, data: bytes) -> Reading:
        """All its signals. Raises: TooLarge, Unavailable; a file's trouble is told in the answer."""
        ...

    async def known_by(self, data: bytes) -> Sequence[Signal]:
        """The signals by which a file that is to be shown may be known. Raises: as ``render``."""
        ...

    async def render(self, data: bytes, clarity: Clarity) -> Rendered:
        """The stills. Raises: Unreadable (the file's trouble), TooLarge, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. copy: which of the work's copies (subjects.CopyKey). reason: one of REASONS. clarity: 1 blurred, 2 not."""

    work_id: int
    copy: str
    reason: str
    clarity: Clarity = 1


@dataclass(frozen=True, slots=True)
class ItemFile:
    """The file of a platform's item, for a verb that shows nothing of it."""

    client: str
    item_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Looks:
    """source: where the bytes come from; None where this desk shows nothing. media: whatever draws, asked for when needed.

    settle: marks a work that meets by now, or whose picture with these signals meets, what may show somebody under 18 (late_minor.py).
    """

    db: Database
    clock: Clock
    exposures: Exposures
    subjects: Subjects
    source: Source | None
    media: Callable[[], Renderer]
    settle: Callable[[int, Sequence[Signal]], None]

    def why_not(self, principal: StaffPrincipal, work_id: int) -> str:
        """Why no look can be granted now: "" where one can, else the slug that ``grant`` would raise."""
        if not principal.has("look"):
            return "staff_role"
        try:
            with self.db.read() as connection:
                self._seconds(connection, principal, self.subjects.of_within(connection, work_id), None)
        except AmparoError as error:
            return error.slug
        return ""

    def offers(self, work_id: int) -> list[str]:
        """The copies of a work of which a picture is to be had, as ``Wish.copy`` names them. Raises: NotFound (unknown_work)."""
        if self.source is None:
            return []
        with self.db.read() as connection:
            subject, now_us = self.subjects.of_within(connection, work_id), to_us(self.clock.now())
            if subject.is_minor:
                return []
            return [str(one) for one in subject.copies if self.source.place_within(connection, subject, one, now_us)]

    def grant(self, principal: StaffPrincipal, wish: Wish) -> Grant:
        """Leave for one look, counted in full from now on.

        Raises: Refused (staff_role, under_18), NotFound (unknown_work, no_media), Conflict (look_open, work_decided), LimitReached
        (exposure_reached), BadInput (bad_look, bad_copy), TooLarge (too_many_hits).
        """
        principal.may("look")
        if wish.reason not in REASONS or wish.clarity not in (1, 2):
            raise BadInput("bad_look", "a look needs one of the reasons there are", "Load the card anew.")
        copy, token = copy_key(wish.copy), secrets.token_urlsafe(TOKEN_BYTES)
        with self.db.read() as connection:  # whoever may not look at it sets nothing going
            self._seconds(connection, principal, self.subjects.of_within(connection, wish.work_id), copy)
        self.settle(wish.work_id, ())
        with self.db.write() as connection:
            now_us = to_us(self.clock.now())
            seconds = self._seconds(connection, principal, self.subjects.of_within(connection, wish.work_id), copy)
            look = {
                "staff_id": principal.id, "work_id": wish.work_id, "copy_key": str(copy), "reason": wish.reason,
                "clarity": wish.clarity, "digest": _digest(token), "state": rows.GRANTED, "severity": 0,
                "granted_ms": seconds * 1000, "counted_ms": seconds * 1000, "at_us": now_us, "until_us": now_us + TOKEN_US,
            }  # fmt: skip
            rows.add_look(connection, look)
        return Grant(token, wish.work_id, seconds, from_us(now_us + TOKEN_US), wish.clarity)

    async def picture(self, principal: StaffPrincipal, token: str) -> Rendered:
        """The picture of a granted look, once. Whatever goes wrong before it is handed out, the look is void and costs nothing.

        Raises: Gone (look_over) for a token that is unknown, another's, used or too old; Conflict (work_decided), Refused (under_18), NotFound
        (no_media), Unreadable (the file's trouble), TooLarge (too_many_hits), what fetching raises.
        """
        look, place = await run_sync(self._claimed, principal, token)
        try:
            assert self.source is not None
            data = await self.source.bytes_at(place, copy_key(look.copy_key), principal)
            media = self.media()
            rendered = await media.render(data, look.clarity)
            await run_sync(self._check_still, look.work_id, await media.known_by(data))
        except AmparoError:
            await run_sync(self._void, look.id)
            raise
        return rendered

    async def file_of(self, principal: StaffPrincipal, work_id: int, copy: str) -> ItemFile:
        """The file of a copy, to be hashed: nobody sees it, so it counts as no look. copy: as ``Wish.copy``.

        Raises: Refused (staff_role, under_18), NotFound (unknown_work, no_media), Conflict (work_decided), BadInput (bad_copy),
        TooLarge (too_many_hits), what fetching raises.
        """
        principal.may("look")
        key = copy_key(copy)
        client, place = await run_sync(self._place, principal, work_id, key)
        assert self.source is not None
        return ItemFile(client, key.item_id, await self.source.bytes_at(place, key, principal))

    def covered(self, principal: StaffPrincipal, token: str, shown_ms: int, severity: int = 0) -> None:
        """The picture is covered: it was seen for so long in all, and is called so heavy (0 unsaid, 1 to 4). The longest report counts.

        Nothing happens for a look that is not theirs, and for what comes too late: that counts in full.
        """
        if not 0 <= severity <= SEVERITY_MAX:
            raise BadInput("bad_look", "how heavy it was is a number from 0 to 4", "Load the card anew.")
        with self.db.write() as connection:
            look = rows.look_by(connection, _digest(token), principal.id)
            now_us = to_us(self.clock.now())
            if look is None or look.state == rows.VOID:
                return
            if look.state == rows.GRANTED:  # never fetched: there is nothing to count
                rows.set_look(connection, look.id, state=rows.VOID, counted_ms=0, ended_us=now_us)
                return
            values: dict[str, object] = {"state": rows.COVERED, "severity": severity or look.severity}
            if look.shown_us - SLACK_US <= now_us <= over_us(look):
                seen = min(look.granted_ms, max(0, shown_ms))
                values["counted_ms"] = max(seen, look.counted_ms) if look.state == rows.COVERED else seen
            rows.set_look(connection, look.id, **values, ended_us=look.ended_us or now_us)

    def looked_within(self, connection: Connection, staff_id: int, work_id: int) -> bool:
        """Whether this person was shown a picture of this work."""
        return rows.looked(connection, staff_id, work_id)

    def _seconds(
        self, connection: Connection, principal: StaffPrincipal, subject: Subject, copy: CopyKey | None
    ) -> int:
        """How long a look at this may last. copy: None where any will do. Raises: as ``grant``."""
        now_us = to_us(self.clock.now())
        _check_seen(subject, principal)
        _check_age(subject)
        wanted = subject.copies if copy is None else (copy,) if copy in subject.copies else ()
        if self.source is None or not any(self.source.place_within(connection, subject, one, now_us) for one in wanted):
            raise _no_media()
        for look in rows.running(connection, principal.id):
            if now_us < over_us(look):
                raise Conflict(
                    "look_open",
                    "another look of yours is not over",
                    "Cover it, or wait until it is over.",
                    retry_after_s=-(-(over_us(look) - now_us) // 1_000_000),
                )
        return self.exposures.seconds_within(connection, principal.id, now_us)

    def _place(self, principal: StaffPrincipal, work_id: int, copy: CopyKey) -> tuple[str, str]:
        """The name of the client of a copy, and where its file is."""
        with self.db.read() as connection:
            _check_seen(self.subjects.of_within(connection, work_id), principal)
        self.settle(work_id, ())
        with self.db.read() as connection:
            subject, now_us = self.subjects.of_within(connection, work_id), to_us(self.clock.now())
            _check_age(subject)
            is_there = self.source is not None and copy in subject.copies and bool(copy.item_id)
            place = self.source.place_within(connection, subject, copy, now_us) if self.source and is_there else ""
            if not place:
                raise _no_media()
            return rows.client_of(connection, work_id, copy.client_id), place

    def _claimed(self, principal: StaffPrincipal, token: str) -> tuple[AnyRow, str]:
        """The look of a token that is used up by this, durably, and where its bytes are."""
        with self.db.write() as connection:
            now_us = to_us(self.clock.now())
            look = rows.look_by(connection, _digest(token), principal.id)
            if look is None or look.state != rows.GRANTED or not look.at_us - SLACK_US <= now_us < look.until_us:
                raise Gone("look_over", "this look is over", "Ask for another, if it is needed.")
            subject, copy = self.subjects.of_within(connection, look.work_id), copy_key(look.copy_key)
            _check_seen(subject, principal)
            _check_age(subject)
            place = "" if self.source is None else self.source.place_within(connection, subject, copy, now_us)
            if not place:
                raise _no_media()
            rows.set_look(connection, look.id, state=rows.SHOWN, shown_us=now_us)
            return look, place

    def _check_still(self, work_id: int, signals: Sequence[Signal]) -> None:
        """Once more, just before anything is handed out: fetching and drawing take time, and what was fetched may be another picture."""
        self.settle(work_id, signals)
        with self.db.read() as connection:
            _check_age(self.subjects.of_within(connection, work_id))

    def _void(self, look_id: int) -> None:
        with self.db.write() as connection:
            ended_us = to_us(self.clock.now())
            rows.set_look(connection, look_id, state=rows.VOID, counted_ms=0, shown_us=None, ended_us=ended_us)


def end_within(connection: Connection, work_id: int, now_us: int) -> int:
    """Looks at a work that were granted and not shown yet die (under-18 switch); how many."""
    return rows.end_granted(connection, work_id, now_us)


def over_us(look: AnyRow) -> int:
    """When a running look is over by itself: its token's end, or some time after its picture went out."""
    if look.state == rows.GRANTED:
        return int(look.until_us)
    return int(look.shown_us) + 2 * int(look.granted_ms) * 1000 + 10_000_000


def _digest(token: str) -> bytes:
    return sha256(token[:TOKEN_CHARS_MAX].encode()).digest()


def _check_seen(subject: Subject, principal: StaffPrincipal) -> None:
    """That it is a work the role sees, and that it is not decided: then nobody needs to look any more."""
    if subject.kind not in WORK_KINDS[principal.role]:
        raise unknown_work()
    if subject.is_over:
        raise decided()


def _check_age(subject: Subject) -> None:
    if subject.is_minor:
        raise Refused(
            "under_18",
            "this may show somebody under 18: nothing of it is shown to anybody here",
            "Go by the facts and by the place's route.",
        )


def _no_media() -> NotFound:
    return NotFound("no_media", "there is no picture of this to look at", "Decide by the facts, or pass it on.")
