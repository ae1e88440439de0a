"""A decision while the ledger takes no writes, or has no room: the page says so, keeps what was typed, and promises nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from amparo.access.staff import Staff
from amparo.console.doors import Doors
from amparo.store.db import Database, sqlite_path
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


def bounded(db: Database) -> list[int]:
    """How many pages the database may have, as one number that may be changed; SQLite keeps it at what is there and in use."""
    with closing(sqlite3.connect(sqlite_path(db.url))) as connection:
        connection.execute("VACUUM")
    pages = [1]
    for way in (db._ways.write, db._ways.soon):
        event.listen(way.engine, "checkout", lambda to, *_: to.execute(f"PRAGMA max_page_count = {pages[0]}").close())
    return pages


@pytest.mark.once
async def test_without_room_nothing_is_lost_and_the_page_says_why(there: Furnished) -> None:
    long = WORDS + "再" * 1_900  # more bytes than a page of the database holds
    with hasty(there) as doors:
        pages = bounded(doors.queue.db)
        async with at(doors) as desk:
            rob = desk(there.office.tokens["Rob"])
            told = await rob.post(there.here["card"], act="comment", key="k1", order="hide", comment=long)
            assert (told.status_code, view_of(told.text)) == (507, "card")
            assert "There is no room left on the disk." in told.text
            assert long in told.text
            assert long not in (await rob.get(there.here["card"])).text
            pages[0] = 1_000_000
            assert (await rob.post(there.here["card"], act="comment", key="k1", comment=long)).status_code == 303
            assert (await rob.get(there.here["card"])).text.count(long) == 1
