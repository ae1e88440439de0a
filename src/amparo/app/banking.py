"""What the console's pages of banks stand on, and what two people's yes does to a bank. Decides nothing."""

from collections.abc import Mapping

from amparo.access.model import MATRIX
from amparo.access.record import StaffRecord
from amparo.app.looks import late_minor_of
from amparo.app.rooms import Rooms
from amparo.app.supposing import supposing_of
from amparo.banks.changing import Changing
from amparo.banks.desk import BankDesk
from amparo.cases.policies import Policies
from amparo.cases.settings import CasesSettings
from amparo.console.bank_doors import BankDoors
from amparo.match.finding import Finder
from amparo.review.asking import Lone
from amparo.review.bank_acts import BankActs, executors
from amparo.review.model import SecondKind
from amparo.review.seconds import Executor, Seconds


def bank_executors(rooms: Rooms) -> Mapping[SecondKind, Executor]:
    """What happens to banks when two agreed, by kind."""
    return executors(rooms.banks, rooms.settings.section(CasesSettings))


def listing_keys(rooms: Rooms) -> list[Lone]:
    """The keys of the API that list in banks without a second person."""
    found = rooms.access.keys()
    live = [key for key in found if key.ended_at is None and "contents.write" in MATRIX[key.role]]
    return [
        Lone(key.client, key.name, key.role, key.created_at, None if key.bank_ids is None else len(key.bank_ids))
        for key in live
    ]


def bank_doors(rooms: Rooms, seconds: Seconds) -> BankDoors:
    """The services of the pages."""
    cases, changing = rooms.settings.section(CasesSettings), Changing(rooms.banks, StaffRecord(rooms.db, rooms.clock))
    return BankDoors(
        banks=rooms.banks,
        desk=BankDesk(rooms.banks),
        policies=Policies(changing, cases),
        acts=BankActs(changing, cases, seconds.ask, late_minor_of(rooms).is_near),
        supposing=supposing_of(rooms),
        finder=Finder(rooms.db, rooms.matcher.lookup),
        keys=rooms.access.keys,
        has_log=rooms.uploads.is_on,
    )
