"""The review room over a real ledger: clients that upload, persons who ask, staff who decide. Tests nothing itself."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from amparo.access.model import Principal
from amparo.access.service import Access
from amparo.access.staff_model import StaffPrincipal, StaffRole
from amparo.app.review import opening
from amparo.banks.listing import tell_policy
from amparo.banks.model import Listing
from amparo.cases.minors import Minors as CaseMinors
from amparo.cases.tips import Tips
from amparo.match.finding import Finder
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.review.actions import Actions
from amparo.review.asking import Filter, Outcome
from amparo.review.cards import Cards
from amparo.review.deciding import Deciding
from amparo.review.effects import Effects
from amparo.review.feeding import Feeder
from amparo.review.hides import Hides
from amparo.review.late_minor import LateMinor
from amparo.review.minor import Minors
from amparo.review.model import Card, Decision, DecisionMade, Work
from amparo.review.queue import Queue, seen_work
from amparo.review.reporting import Reports
from amparo.review.seconds import Seconds
from amparo.review.settings import ReviewSettings
from amparo.sealing.age import Identity
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.desk import DESK, Room, case, code, file, room
from tests.integration.ledger import new_bank

CONFIRM = Decision("confirm")
NOT_THIS = Decision("not_this", None, "other_picture")
ALL = Filter()


def staff(number: int, role: StaffRole = "reviewer", identity: str = "") -> StaffPrincipal:
    return StaffPrincipal(number, f"staff-{number}", role, "en", identity=identity)


ANN, BEN, EVE = staff(1), staff(2), staff(3)
LEAD, ADMIN = staff(8, "lead"), staff(9, "admin")


def signals(picture: int, bits: int = 0) -> list[Signal]:
    """The PDQ of a picture, so many bits away from it."""
    return [Signal("pdq", (int(code(picture), 16) ^ ((1 << bits) - 1)).to_bytes(32, "big"), 100)]


@dataclass
class Desk:
    """Everybody at one ledger. settings: of the room."""

    room: Room
    settings: ReviewSettings
    all: Filter = ALL
    clients: dict[str, int] = field(default_factory=dict)
    desk_keys: list[Identity] = field(default_factory=list)
    roles: dict[int, StaffRole] = field(
        default_factory=lambda: {one.id: one.role for one in (ANN, BEN, EVE, LEAD, ADMIN)}
    )
    _keys: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        db, clock, banks = self.room.house.db, self.room.house.clock, self.room.house.banks
        self.actions = Actions(db, clock)
        self.deciding = Deciding(db, clock, Effects(banks, self.actions, clock, self.settings))
        self.queue = Queue(db, clock, Cards(self.actions, lambda _: self.desk_keys), self.settings, self.role_of)
        marks = CaseMinors(banks, clock, self.room.settings)
        self.minors = Minors(db, clock, banks, marks, self.room.settings.bank_under_18)
        self.tips = Tips(self.room.cases, lambda: DESK.recipient)
        self.seconds = Seconds(db, clock, self.deciding, self.minors, {"open_tip": opening(self.tips)})
        self.reports = Reports(db, clock, self.minors, self.deciding.effects)
        finder = Finder(db, self.room.matcher.lookup)
        late_minor = LateMinor(db, clock, finder, self.room.settings.bank_under_18)
        self.feeder = Feeder(db, self.room.matcher, self.room.cases, self.deciding, late_minor)
        self.hides = Hides(self.actions)
        self.access = Access(db, clock, tell_policy)

    @property
    def clock(self) -> SetClock:
        return self.room.house.clock

    def role_of(self, _connection: Connection, number: int) -> StaffRole | None:
        return self.roles.get(number)

    def asks_for(self, *pictures: int, number: int = 1, age: str = "adult_stated") -> None:
        """A person protects these pictures."""
        self.room.send(case(*(file(one) for one in pictures), age=age), number)
        self.room.work()

    def client(self, name: str) -> int:
        if name not in self.clients:
            self.clients[name] = self.access.new_client(name).id
        return self.clients[name]

    def upload(
        self, picture: int, item: str | None = "i1", *, bits: int = 3, at: str = "forum", feed: bool = True
    ) -> str:
        """A platform asks about a picture so many bits away; what is suggested to it."""
        principal = Principal(1, self.client(at), at, "platform")
        verdict = self.room.matcher.judge(principal, "r", signals(picture, bits), Question(Item(item)))
        if feed:
            self.feeder.work_once()
        return verdict.suggested_action

    def works(self, who: StaffPrincipal = ADMIN, **wanted) -> list[Work]:
        """Those of items, for an admin."""
        kinds = {"kinds": ("match", "report")} if who is ADMIN else {}
        return list(self.queue.listed(who, Filter(**kinds | wanted)).works)

    def only(self, **wanted) -> Work:
        (found,) = self.works(**wanted)
        return found

    def card(self, work_id: int, who: StaffPrincipal = ADMIN) -> Card:
        with self.queue.db.read() as connection:
            return self.queue.cards.card_within(connection, who, seen_work(connection, who, work_id))

    def decide(self, who: StaffPrincipal, work_id: int, decision: Decision = CONFIRM, key: str = "") -> Outcome:
        return self.deciding.decide(who, work_id, decision, key or f"k{next(self._keys)}")

    def asked(self) -> list[tuple[str, str]]:
        """What was asked of platforms, in order: item and action."""
        return [(one.item_id, one.action) for one in self.actions.after(None, 0, 1_000)]

    def stands(self, item: str = "i1", at: str = "forum") -> str | None:
        with self.actions.db.read() as connection:
            found = self.actions.standing(connection, self.client(at), item)
        return None if found is None else found.action

    def record(self) -> list[DecisionMade]:
        """Oldest first."""
        return list(reversed(self.deciding.made(None, 1_000)))

    def shown(self, number: int = 1, client: str = "forum") -> list[str]:
        """The steps a person is shown of her files there, and what was confirmed."""
        self.room.work()
        view = self.room.tray.views[f"{number:032x}"]
        return [one.name for one in view.states if one.subject == "file" and one.name not in ("listed", "matched")]


@contextlib.contextmanager
def reviewing(folder: Path, clock: SetClock, settings: ReviewSettings | None = None, **cases) -> Iterator[Desk]:
    """cases: settings of the cases' room; their first bank hides unless said otherwise."""
    with room(folder, clock, **({"new_action": "hide"} | cases)) as there:
        desk = Desk(there, settings or ReviewSettings())
        try:
            yield desk
        finally:
            desk.actions.close()


def lists(desk: Desk, picture: int, bank: str = "partners", **policy) -> int:
    """Somebody who is no person's case lists this picture; its content."""
    house = desk.room.house
    if bank not in [one.name for one in house.banks.banks()]:
        new_bank(house, bank, **policy)
    house.add(bank, "ngo", Listing(tuple(signals(picture)), f"x-{picture}"))
    return house.live(bank)[-1].id
