"""A decision while the ledger takes no writes: the page says so, keeps what was typed, and promises nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.access.staff import Staff
from amparo.console.doors import Doors
from amparo.store.db import Database
from tests.conftest import SetClock
from tests.console import at, view_of
from tests.integration.furnished import Furnished, console
from tests.integration.staffing import SECRET
from tests.integration.test_portal_faults import taking_no_writes

WORDS = "Seen twice since Monday."


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Furnished]:
    with console(tmp_path / "var") as made:
        made.person(1)
        made.here["card"] = f"/work/{made.upload(1, 'i1')}"
        yield made


@contextmanager
def hasty(there: Furnished) -> Iterator[Doors]:
    """The same doors, over a database that waits for a writer no longer than a moment, for who read the card for two minutes."""
    db = Database(there.house.rooms.db.url, busy_timeout_ms=300)
    try:
        doors = there.doors
        queue, deciding = replace(doors.queue, db=db), replace(doors.deciding, db=db)
        later = SetClock(there.house.rooms.clock.now() + timedelta(minutes=2))
        yield replace(doors, queue=queue, deciding=deciding, staff=Staff(db, later, SECRET))
    finally:
        db.close()


def done(there: Furnished) -> tuple[int, int]:
    """Decisions and actions there are."""
    return len(there.room.deciding.made(None, 50)), len(there.room.actions.after(None, 0, 50))


async def test_while_no_write_is_taken_nothing_is_lost_and_nothing_promised(there: Furnished) -> None:
    before = done(there)
    sent = {"act": "confirm", "key": "k1", "order": "hide", "comment": WORDS}
    with hasty(there) as doors:
        async with at(doors) as desk:
            rob = desk(there.office.tokens["Rob"])
            for act in ("confirm", "comment"):
                with taking_no_writes(doors.queue.db):
                    told = await rob.post(there.here["card"], **sent | {"act": act})
                assert (told.status_code, view_of(told.text)) == (503, "card")
                assert 'role="alert" data-notice' in told.text
                assert WORDS in told.text
                assert 'name="key" value="k1"' in told.text
                assert '<option value="hide" selected>' in told.text
                assert done(there) == before
            assert (await rob.post(there.here["card"], **sent)).status_code == 303
            assert (await rob.post(there.here["card"], **sent)).status_code == 303
    assert done(there) == (before[0] + 1, before[1] + 1)
