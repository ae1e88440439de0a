"""A card says which copies its decision is for; a near one that came since is shown before anything is decided, and the answer tells how many it was."""

import re
from pathlib import Path

from amparo.banks.model import BankPolicy, Listing
from amparo.terms.signal import Signal
from tests.console import at
from tests.integration.desk import code
from tests.integration.furnished import console

LISTED = 5


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_decision_is_for_the_copies_of_its_card_and_for_exact_ones(tmp_path: Path) -> None:
    with console(tmp_path) as there:
        rooms = there.house.rooms
        rooms.banks.new_bank("partners", BankPolicy(action="review"))
        listing = Listing((Signal("pdq", bytes.fromhex(code(LISTED)), 100),), "x")
        rooms.banks.list_contents("partners", "client:Harbour", [listing])
        work = there.upload(LISTED, "post-1")
        async with at(there.doors) as desk:
            rob = desk(there.office.tokens["Rob"])
            card = (await rob.get(f"/work/{work}")).text
            assert "It holds for the 1 copy here" in card
            there.upload(LISTED, "post-2", bits=9)
            refused = await rob.post(f"/work/{work}", act="confirm", key="k", reason="no_ground", shown=shown(card))
            assert refused.status_code == 409
            assert "More copies came since you opened this card" in refused.text
            assert "post-2" in refused.text
            assert "It holds for all 2 copies here" in refused.text
            there.upload(LISTED, "post-3", bits=0)
            done = await rob.post(
                f"/work/{work}", act="confirm", key="k", reason="no_ground", shown=shown(refused.text)
            )
            assert done.status_code == 303
            told = (await rob.get(done.headers["location"])).text
            notice = re.search(r"data-notice>([^<]+)", told)
            assert notice
            assert notice[1].endswith("It holds for 3 copies. 1 of them came meanwhile: exact copies.")
        assert [one.action for one in there.room.actions.after(None, 0, 9)] == ["remove"] * 3
