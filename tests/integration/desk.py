"""A desk over a real ledger, and what persons send it. Tests nothing itself."""

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from amparo.access.model import OPERATOR
from amparo.cases.desk import Desk
from amparo.cases.model import MatchSeen
from amparo.cases.service import Cases
from amparo.cases.settings import CasesSettings
from amparo.cases.taking import Taker
from amparo.intake.model import (
    Body,
    CaseBody,
    CaseView,
    Consent,
    Envelope,
    FileIn,
    MD5In,
    PDQIn,
    SHA256In,
    State,
    WithdrawBody,
)
from amparo.intake.proofs import Later, proved
from amparo.match.model import Verdict
from amparo.match.service import Matcher, Question
from amparo.sealing.age import new_identity
from amparo.sealing.proof import signer_of
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import House, opened

KINDS = {
    "CaseBody": "case",
    "TipBody": "tip",
    "MessageBody": "message",
    "WithdrawBody": "withdraw",
    "ContactBody": "contact",
}
AT_US = 1_767_000_000_000_000
HERS, DESK = new_identity(), new_identity()
HERS_SIGNER = signer_of(HERS.secret)


def code(number: int) -> str:
    """A PDQ with as many bits set as a picture's, another for each number; two of them are some 128 bits apart."""
    ones = random.Random(number).sample(range(256), 128)
    return f"{sum(1 << one for one in ones):064x}"


def file(number: int = 1, picture: int | None = None, quality: int = 100) -> FileIn:
    """The hashes of a picture, the file's number where no other is named."""
    picture = number if picture is None else picture
    signals = [PDQIn(code(picture), quality), MD5In(f"{picture:032x}"), SHA256In(f"{picture:064x}")]
    return FileIn(number, "picture", signals)


def consents(*given: str) -> list[Consent]:
    return [Consent(one, one in given, "v1", "en", AT_US) for one in ("match", "desk", "share", "statistics")]


def case(*files: FileIn, age: str = "adult_stated", given: Sequence[str] = ("match",), **more) -> CaseBody:
    keys = {"recipient": HERS.recipient, "signer": HERS_SIGNER}
    chosen = {"happened": ["shared"], "language": "ko", "places": []} | keys | more
    return CaseBody(age=age, files=list(files), consents=consents(*given), **chosen)


def uid(number: int) -> str:
    return f"{number:032x}"


@dataclass
class Tray:
    """The intake's side as the desk sees it, in memory; ``down`` is raised by all of it."""

    name: str = "e1"
    envelopes: list[Envelope] = field(default_factory=list)
    views: dict[str, CaseView] = field(default_factory=dict)
    shown: int = 0
    down: Exception | None = None
    read_only: Exception | None = None
    taken_seq: int = 0

    def send(self, body: Body | None, case_uid: str = uid(1), kind: str = "") -> Envelope:
        seq = len(self.envelopes) + 1
        kind = kind or KINDS[type(body).__name__]
        sent = Envelope(seq, f"{seq:031x}e", kind, case_uid, body, AT_US + seq)
        self.envelopes.append(sent)
        return sent

    def epoch(self) -> str:
        self._answer()
        return self.name

    def envelopes_after(self, seq: int, limit: int) -> list[Envelope]:
        self._answer()
        return self.envelopes[seq : seq + limit]

    def went_back(self, seq: int) -> bool:
        self._answer()
        return seq > self.taken_seq and len(self.envelopes) < seq

    def renew_epoch(self) -> str:
        self._answer(writes=True)
        self.name, self.taken_seq = f"{self.name}'", 0
        self.views.clear()
        return self.name

    def taken(self, seq: int) -> None:
        self._answer(writes=True)
        self.taken_seq = seq

    def show(self, view: CaseView) -> None:
        self._answer(writes=True)
        self.shown += 1
        held = self.views.get(view.case_uid)
        if held is None or held.version < view.version:
            self.views[view.case_uid] = view

    def _answer(self, *, writes: bool = False) -> None:
        if error := self.down or (self.read_only if writes else None):
            raise error


@dataclass
class Workers:
    """How far those are who answer."""

    at: int = 2**62

    def everywhere(self, change: int) -> bool:
        return self.at >= change


@dataclass
class News:
    """Match events of a matcher."""

    matcher: Matcher

    def after(self, event_id: int, limit: int) -> list[MatchSeen]:
        events = self.matcher.events(event_id, limit, None)
        return [
            MatchSeen(one.id, to_us(one.at), one.client, tuple(met["content_id"] for met in one.matches))
            for one in events
        ]


@dataclass
class Room:
    """A desk, its tray, and who matches on the same ledger."""

    house: House
    tray: Tray
    workers: Workers
    matcher: Matcher
    cases: Cases
    settings: CasesSettings
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another desk, as a worker's new start makes it."""
        taker = Taker(self.house.banks, self.house.clock, self.settings)
        self.desk = Desk(self.house.db, self.house.clock, self.tray, taker, News(self.matcher), self.workers)

    def work(self) -> None:
        self.desk.work_once()

    def send(self, body: Body | None, number: int = 1, kind: str = "") -> Envelope:
        """What she sends, with her proof where there is one."""
        if isinstance(body, Later):
            body = proved(body, uid(number), HERS.secret)
        return self.tray.send(body, uid(number), kind)

    def withdraw(self, *numbers: int, case_number: int = 1) -> None:
        self.send(WithdrawBody(list(numbers) or None), case_number)

    def files(self, number: int = 1) -> dict[int, State]:
        """How each file stands by what is shown; what matched is left out."""
        states = self.tray.views[uid(number)].states
        return {one.number: one for one in states if one.subject == "file" and one.name != "matched"}

    def names(self, number: int = 1) -> dict[int, str]:
        return {at: state.name for at, state in self.files(number).items()}

    def matched(self, number: int = 1) -> dict[tuple[int, str], int]:
        """How often each file was met at which client."""
        states = self.tray.views[uid(number)].states
        return {(one.number, one.client): one.times for one in states if one.name == "matched"}

    def ask(self, picture: int, client: str = "site") -> Verdict:
        """What a platform is told of this picture, with an event."""
        principal = replace(OPERATOR, client=client)
        return self.matcher.judge(principal, "r", [Signal("pdq", bytes.fromhex(code(picture)), 100)], Question())

    def origins(self, picture: int) -> set[str]:
        return {one.origin for one in self.ask(picture).matches}


@contextlib.contextmanager
def room(folder: Path, clock: SetClock, **chosen) -> Iterator[Room]:
    with opened(folder, clock) as house:
        matcher = house.matcher()
        try:
            yield Room(house, Tray(), Workers(), matcher, Cases(house.db, clock), CasesSettings(**chosen))
        finally:
            matcher.lookup.close()
            matcher.limits.close()
