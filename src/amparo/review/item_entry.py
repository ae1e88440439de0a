"""Listing what a platform's item shows in a bank, from its work: the file is hashed and thrown away, and seen by nobody. A second person agrees, as for each entry."""

from dataclasses import dataclass, replace

from anyio.to_thread import run_sync

from amparo.access.staff_model import StaffPrincipal
from amparo.banks.model import Bank
from amparo.match.kept import kept_of
from amparo.review.bank_acts import BankActs, Entry
from amparo.review.looks import Looks


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """The verb. looks: where files of items are to be had."""

    looks: Looks
    acts: BankActs

    async def ask(self, by: StaffPrincipal, work_id: int, copy: str, to: tuple[Bank, Entry]) -> int:
        """Ask that the item of this copy (``Wish.copy``) be listed in the bank; the number of the question.

        Raises: those of Looks.file_of, of BankActs.ask_entry, the file's trouble and low_detail (Unreadable).
        """
        by.may("banks.propose")
        bank, entry = to
        held = await self.looks.file_of(by, work_id, copy)
        signals, _ = kept_of(await self.looks.media().read(held.data))
        return await run_sync(
            self.acts.ask_entry, by, bank, signals, replace(entry, client=held.client, item_id=held.item_id)
        )
