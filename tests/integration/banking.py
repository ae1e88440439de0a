"""Banks at the console over a real ledger: the house, its services and staff of each role. Tests nothing itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amparo.access.record import StaffRecord
from amparo.access.service import Access
from amparo.banks.changing import Changing
from amparo.banks.desk import BankDesk
from amparo.banks.listing import tell_policy
from amparo.cases.minors import Minors as CaseMinors
from amparo.cases.policies import Policies
from amparo.cases.settings import CasesSettings
from amparo.console.bank_doors import BankDoors
from amparo.console.doors import Doors
from amparo.match.finding import Finder
from amparo.match.lookup import Lookup
from amparo.match.model import VideoRule
from amparo.match.service import Matcher
from amparo.match.supposing import Supposing
from amparo.review.actions import Actions
from amparo.review.bank_acts import BankActs, checks, executors
from amparo.review.deciding import Deciding
from amparo.review.effects import Effects
from amparo.review.late_minor import LateMinor
from amparo.review.minor import Minors
from amparo.review.seconds import Seconds
from amparo.review.settings import ReviewSettings
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.conftest import SetClock
from tests.console import StaffTwin, doors_of
from tests.integration.ledger import House, new_bank, opened

CASES = CasesSettings()


@dataclass
class Banking:
    """Everything the pages of banks stand on."""

    house: House
    keep_days: int = 10
    staff: StaffTwin = field(default_factory=StaffTwin)

    def __post_init__(self) -> None:
        house = self.house
        self.record = StaffRecord(house.db, house.clock)
        self.access = Access(house.db, house.clock, tell_policy)
        actions = Actions(house.db, house.clock)
        deciding = Deciding(house.db, house.clock, Effects(house.banks, actions, house.clock, ReviewSettings()))
        minors = Minors(
            house.db, house.clock, house.banks, CaseMinors(house.banks, house.clock, CASES), CASES.bank_under_18
        )
        self.lookup = Lookup(house.db)
        self.finder = Finder(house.db, self.lookup)
        self.is_near = LateMinor(house.db, house.clock, self.finder, CASES.bank_under_18).is_near
        done, asked = executors(house.banks, CASES), checks(self.is_near)
        self.seconds = Seconds(house.db, house.clock, deciding, minors, done, checks=asked)
        self.log = UploadLog(house.folder / "uploads", UploadsSettings(keep_days=self.keep_days), house.clock)
        self.supposing = Supposing(house.banks, self.log, VideoRule(), house.clock)
        self.matcher: Matcher = house.matcher()

    @property
    def doors(self) -> Doors:
        changing = Changing(self.house.banks, self.record)
        banking = BankDoors(
            banks=self.house.banks,
            desk=BankDesk(self.house.banks),
            policies=Policies(changing, CASES),
            acts=BankActs(changing, CASES, self.seconds.ask, self.is_near),
            supposing=self.supposing,
            finder=self.finder,
            keys=self.access.keys,
            has_log=self.log.is_on,
        )
        return doors_of(self.staff, clock=self.house.clock, banking=banking)

    def answered(self, role: str, *, yes: bool = True) -> None:
        """Somebody of that role answers all that waits for them."""
        principal = self.staff.members_by[role]
        for waiting in self.seconds.waiting(principal):
            self.seconds.answer(principal, waiting.id, yes=yes)

    def work(self) -> None:
        """The worker counts what was asked."""
        while self.supposing.work_once():
            pass


@contextlib.contextmanager
def banking(folder: Path, clock: SetClock, keep_days: int = 10) -> Iterator[Banking]:
    with opened(folder, clock) as house:
        new_bank(house)
        made = Banking(house, keep_days)
        try:
            yield made
        finally:
            made.lookup.close()
            made.log.close()
