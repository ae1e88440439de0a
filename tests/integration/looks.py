"""Looks over a real ledger: works that are said to be there, members, and uploads kept sealed. Tests nothing itself."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from amparo.access.staff_model import StaffMember, StaffPrincipal
from amparo.errors import AmparoError, NotFound
from amparo.match.model import Match, Verdict
from amparo.media.model import Reading, Rendered
from amparo.review.exposure import Bounds, Exposures
from amparo.review.held_media import HeldMedia
from amparo.review.looks import Looks, Renderer, Wish
from amparo.review.model import Grant
from amparo.review.settings import ReviewSettings
from amparo.review.subjects import CopyKey, Subject
from amparo.sealing.age import new_identity
from amparo.store.db import Database
from amparo.store.schema import migrate
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.hostile import drawing
from tests.ledgers import LEDGERS
from tests.pictures import saved

SEALED = ReviewSettings(media="sealed", look_seconds=20)
PICTURE = saved(drawing((640, 480)), "JPEG")
WORK, CONTENT, CLIENT, ITEM = 1, 11, 7, "post-1"
MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"WEBP", b"ftyp", b"II*\0", b"MM\0*", b"data:image", b"base64,")
HAS_PICTURE = frozenset({"reviewer", "lead", "admin"})


def work(number: int = WORK, **more) -> Subject:
    plain = Subject(
        number, is_minor=False, is_over=False, copies=(CopyKey(CLIENT, ITEM),), content_ids=(CONTENT,), kind="match"
    )
    return replace(plain, **more)


@dataclass
class KnownWorks:
    """The works there are, by number."""

    works: dict[int, Subject] = field(default_factory=lambda: {WORK: work()})

    def of_within(self, connection: Connection, work_id: int) -> Subject:
        if work_id not in self.works:
            raise NotFound("unknown_work", "there is no such work", "Go to the queue.")
        return self.works[work_id]

    def any_minor_within(self, connection: Connection, content_ids: Sequence[int], item: CopyKey) -> bool:
        of_item = any(one.is_minor and item in one.copies for one in self.works.values())
        return of_item or any(one.is_minor and set(one.content_ids) & set(content_ids) for one in self.works.values())


class Drawn:
    """In the place of the children that draw and hash. seen: the files it was given; during: what happens while it draws.

    signals: of every file; unknown: raised in their place.
    """

    def __init__(
        self,
        during: Callable[[], None] = lambda: None,
        fails: AmparoError | None = None,
        signals: tuple[Signal, ...] = (),
        unknown: AmparoError | None = None,
    ) -> None:
        self.signals, self.unknown = signals, unknown
        self.seen: list[bytes] = []
        self.during, self.fails = during, fails

    async def read(self, data: bytes) -> Reading:
        return Reading(None, 0, 0, self.signals, self.unknown)

    async def known_by(self, data: bytes) -> tuple[Signal, ...]:
        if self.unknown:
            raise self.unknown
        return self.signals

    async def render(self, data: bytes, clarity: int) -> Rendered:
        self.seen.append(data)
        self.during()
        if self.fails:
            raise self.fails
        return Rendered((b"still of clarity %d" % clarity,))


@dataclass
class Desk:
    """One process's looks."""

    db: Database
    clock: SetClock
    settings: ReviewSettings
    works: KnownWorks
    members: list[StaffMember]
    exposures: Exposures
    held: HeldMedia
    looks: Looks

    def principal(self, number: int) -> StaffPrincipal:
        member = next(one for one in self.members if one.id == number)
        return StaffPrincipal(member.id, member.name, member.role, "en", b"", KEYS[number].secret)

    def name_carer(self, number: int, carer: int | None) -> None:
        self.members[:] = [replace(one, carer_id=carer) if one.id == number else one for one in self.members]

    def keep(self, data: bytes = PICTURE, item: str | None = ITEM, verdict: Verdict | None = None) -> bool:
        return self.held.keep(data, CLIENT, item, verdict or met())

    def ask(self, number: int, clarity: int = 1, work_id: int = WORK) -> Grant:
        return self.looks.grant(self.principal(number), Wish(work_id, f"{CLIENT}:{ITEM}", "near_threshold", clarity))

    async def see(self, number: int, grant: Grant) -> Rendered:
        return await self.looks.picture(self.principal(number), grant.token)

    def cover(self, number: int, grant: Grant, shown_ms: int, severity: int = 0) -> None:
        self.looks.covered(self.principal(number), grant.token, shown_ms, severity)

    async def look(self, number: int, shown_ms: int, severity: int = 0) -> None:
        """A whole look."""
        grant = self.ask(number)
        await self.see(number, grant)
        self.cover(number, grant, shown_ms, severity)


def met(*banks: str, action: str = "review") -> Verdict:
    """What an upload met."""
    matches = tuple(
        Match(bank, CONTENT, "pdq", 4, 31, "identity", (), (), "desk", "review", False) for bank in banks or ("A",)
    )
    return Verdict("match", matches, len(matches), action)


MEMBERS = ((1, "reviewer"), (2, "reviewer"), (3, "lead"), (4, "admin"), (5, "caseworker"), (6, "auditor"))


KEYS = {number: new_identity() for number, _ in MEMBERS}


@contextlib.contextmanager
def desk(
    folder: Path, clock: SetClock, settings: ReviewSettings = SEALED, media: Renderer | None = None
) -> Iterator[Desk]:
    """media: what draws; None for something that draws the same for every file."""
    db = Database(LEDGERS.url(folder))
    migrate(db, folder / "lock")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    members = [
        StaffMember(number, f"m{number}", role, KEYS[number].recipient, "en", None, at) for number, role in MEMBERS
    ]
    works = KnownWorks()
    exposures = Exposures(db, clock, settings, lambda: members)

    def recipients() -> list[str]:
        return [one.recipient for one in members if one.role in HAS_PICTURE]

    held = HeldMedia(db, clock, folder / "held", settings, works, recipients, "portal_under_18")
    source = held if held.is_on else None
    looks = Looks(db, clock, exposures, works, source, lambda: media or Drawn(), lambda _work_id, _signals: None)
    try:
        yield Desk(db, clock, settings, works, members, exposures, held, looks)
    finally:
        db.close()


def exhausted(bounds: Bounds) -> ReviewSettings:
    """A desk whose operator allows no more than that."""
    return replace(
        SEALED, looks_day=bounds.looks_day, look_seconds_day=bounds.seconds_day, looks_28_days=bounds.looks_28,
        look_seconds_28_days=bounds.seconds_28,
    )  # fmt: skip


def is_picture(body: bytes) -> bool:
    """Whether an answer holds a picture, or the address of one that is written out."""
    return any(one in body for one in MAGIC)
