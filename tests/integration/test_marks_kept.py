"""The under-18 mark and older ledgers: no backup of before it and no crash on its way brings a picture back among the adults', or off the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.access.model import OPERATOR, Principal
from amparo.access.staff_model import StaffPrincipal
from amparo.app.backup import backup
from amparo.app.restore import Restored, restore
from amparo.app.review import reviewing
from amparo.app.rooms import Rooms
from amparo.banks.model import BankPolicy, Listing
from amparo.cases.service import Cases
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.review.asking import Filter
from amparo.review.model import Work
from amparo.review.queue import seen_work
from amparo.review.seconds import Question as SecondQuestion
from amparo.terms.signal import Signal
from tests.integration.desk import code, file
from tests.integration.installed import Installed, installed, settings
from tests.integration.restoring import CLOCK
from tests.ledgers import LEDGERS

ANN, LEAD = StaffPrincipal(1, "Ann", "reviewer", "en"), StaffPrincipal(2, "Lee", "lead", "en")
HERS, OTHERS = 1, 7
"""Pictures: one that a person protects, one that a partner lists."""


def signals(picture: int) -> tuple[Signal, ...]:
    return (Signal("pdq", bytes.fromhex(code(picture)), 100),)


def banks_met(rooms: Rooms, picture: int) -> list[str]:
    return [one.bank for one in rooms.matcher.judge(OPERATOR, "r", signals(picture), Question()).matches]


def works(house: Installed) -> dict[str, Work]:
    """The works of uploads by their item."""
    queue = reviewing(house.rooms).queue
    listed = queue.listed(LEAD, Filter(kinds=("match",)), None, 50).works
    return {queue.card(LEAD, one.id).copies[0].item_id: one for one in listed}


def uploaded(house: Installed) -> None:
    """A picture of each sort, met at a platform, is work."""
    house.rooms.banks.new_bank("partners", BankPolicy())
    house.rooms.banks.list_contents("partners", "ngo", [Listing(signals(OTHERS), "x")])
    house.sent(file(1, picture=HERS))
    house.work()
    platform = Principal(1, house.rooms.access.new_client("forum").id, "forum", "platform")
    for picture in (HERS, OTHERS):
        house.rooms.matcher.judge(platform, "r", signals(picture), Question(Item(f"i{picture}")))
    reviewing(house.rooms).feeder.work_once()


def marked(house: Installed) -> None:
    for work in works(house).values():
        reviewing(house.rooms).minors.set_minor(ANN, work.id)


def cleared(house: Installed) -> None:
    """Two say that nobody in it is under 18."""
    seconds = reviewing(house.rooms).seconds
    for work in works(house).values():
        number = seconds.ask(
            ANN, SecondQuestion("clear_minor", f"work:{work.id}", answer="clear", reason="An adult, by her own word.")
        )
        seconds.answer(LEAD, number, yes=True)


def bring_back(folder: Path, path: Path, log: Path) -> Restored:
    LEDGERS.renew(folder)
    return restore(settings(folder), path, log, CLOCK)


def check(house: Installed, *, is_marked: bool) -> None:
    """All of it says the same, on both pictures."""
    wanted = {HERS: ["portal"], OTHERS: ["partners"]}
    if is_marked:
        wanted = {picture: ["portal_under_18"] for picture in wanted}
    assert {picture: banks_met(house.rooms, picture) for picture in wanted} == wanted
    assert {one.minor_possible for one in works(house).values()} == {is_marked}
    assert Cases(house.rooms.db, house.rooms.clock).case("1").summary.may_be_minor == is_marked


@pytest.fixture
def before(tmp_path: Path) -> Iterator[tuple[Installed, Path]]:
    """An installation with both works, and its backup of before any mark."""
    with installed(tmp_path / "a") as house:
        uploaded(house)
        path = tmp_path / "before"
        backup(house.settings.deployment, path, CLOCK)
        yield house, path


def test_a_mark_holds_after_the_restore_of_an_older_backup_and_two_can_take_it_away(
    before: tuple[Installed, Path], tmp_path: Path
) -> None:
    house, path = before
    check(house, is_marked=False)
    marked(house)
    check(house, is_marked=True)
    assert bring_back(tmp_path / "r", path, house.folder / "withdrawals.log").is_current
    with installed(tmp_path / "r") as restored:
        check(restored, is_marked=True)
        restored.work()
        cleared(restored)
        check(restored, is_marked=False)


def test_what_two_cleared_since_the_backup_must_be_cleared_again(
    before: tuple[Installed, Path], tmp_path: Path
) -> None:
    """The restored ledger does not know the two: the mark stays, in the ledger and for the next restore."""
    house, path = before
    marked(house)
    between = tmp_path / "between"
    backup(house.settings.deployment, between, CLOCK)
    cleared(house)
    check(house, is_marked=False)
    log = house.folder / "withdrawals.log"
    bring_back(tmp_path / "r", between, log)
    with installed(tmp_path / "r") as restored:
        check(restored, is_marked=True)
        listed = Listing(signals(OTHERS), "x")
        told = restored.rooms.banks.list_contents("partners", "ngo", [listed])
        assert [one.outcome for one in told] == ["withdrawn"], "an import brought it back among the adults'"
        kept = restored.folder / "withdrawals.log"
        bring_back(tmp_path / "again", path, kept)
    with installed(tmp_path / "again") as again:
        check(again, is_marked=True)
    bring_back(tmp_path / "clear", path, log)
    with installed(tmp_path / "clear") as clear:
        check(clear, is_marked=False)


def test_a_mark_that_was_killed_between_file_and_ledger_is_whole_at_the_next_start(
    before: tuple[Installed, Path], tmp_path: Path
) -> None:
    """As the kill leaves it: the file has its lines, the ledger nothing."""
    house, _ = before
    number = works(house)[f"i{HERS}"].id

    def broken_off() -> None:
        minors = reviewing(house.rooms).minors
        minors.cases.prepare()
        with house.rooms.db.write() as connection:
            minors.set_within(connection, seen_work(connection, ANN, number), "staff:1")
            raise KeyError

    with pytest.raises(KeyError):
        broken_off()
    assert banks_met(house.rooms, HERS) == ["portal"]
    with installed(house.folder) as started:
        assert banks_met(started.rooms, HERS) == ["portal_under_18"]
        assert Cases(started.rooms.db, started.rooms.clock).case("1").summary.may_be_minor
        assert {item: one.minor_possible for item, one in works(started).items()} == {
            f"i{HERS}": True,
            f"i{OTHERS}": False,
        }
