"""What the pages of banks need of the rooms below. Makes nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass

from amparo.access.model import MATRIX, Key
from amparo.banks.desk import BankDesk
from amparo.banks.model import Bank
from amparo.banks.service import Banks
from amparo.cases.policies import Policies
from amparo.match.finding import Finder
from amparo.match.supposing import Supposing
from amparo.review.bank_acts import BankActs


@dataclass(frozen=True)
class BankDoors:
    """The services. keys: all keys of the API. has_log: whether uploads are logged, so that wider thresholds can be asked of them."""

    banks: Banks
    desk: BankDesk
    policies: Policies
    acts: BankActs
    supposing: Supposing
    finder: Finder
    keys: Callable[[], list[Key]]
    has_log: bool

    def writers(self, bank: Bank) -> list[Key]:
        """The keys of the API that may list in that bank without a second person."""
        return [
            key
            for key in self.keys()
            if key.ended_at is None
            and "contents.write" in MATRIX[key.role]
            and (key.bank_ids is None or bank.id in key.bank_ids)
        ]
