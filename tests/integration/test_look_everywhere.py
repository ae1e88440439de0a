"""Every address of the real console while uploads are held for looks: only that of a look's token answers with a picture."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.access.staff import Staff
from amparo.app.console import doors_over
from amparo.app.looks import held_media, looking_of
from amparo.app.review import reviewing
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy, Listing
from amparo.console.table import TABLE
from amparo.hashing import KINDS
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.terms.signal import Signal
from tests.console import at
from tests.integration.looks import PICTURE, is_picture
from tests.integration.staffing import SECRET, office
from tests.ledgers import LEDGERS

ROLES = ("reviewer", "caseworker", "lead", "admin", "auditor")
WORK, CONTENT, COPY = "1", "1", "{}:post-1"
STATIC = re.compile(r"^/(static|icon)")


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    given = {
        **LEDGERS.variables(tmp_path, is_new=True), "AMPARO_REVIEW_MEDIA": "sealed", "AMPARO_CONSOLE_KEY": SECRET.hex(),
    }  # fmt: skip
    made = open_rooms(load(tmp_path / "amparo.toml", given, SECTIONS, data=tmp_path))
    yield made
    made.close()


def filled(path: str, bank: str) -> str:
    """The address with what is there: the first of each sort."""
    return re.sub(r"\{(\w+)\}", lambda arg: bank if arg[1] == "bank" else "1", path)


async def test_no_answer_but_a_looks_holds_a_picture(rooms: Rooms) -> None:
    staff = office(rooms.db, rooms.clock)
    for role in ROLES:
        staff.join(role)
    client = rooms.access.new_client("forum")
    rooms.banks.new_bank("A", BankPolicy())
    rooms.banks.list_contents("A", "partner", [Listing((Signal("md5", KINDS["md5"].hash(PICTURE).code),), "c1")])
    asker = Principal(1, client.id, "forum", "platform", None, None)
    signals = [Signal("md5", KINDS["md5"].hash(PICTURE).code)]
    verdict = rooms.matcher.judge(asker, "r-1", signals, Question(Item("post-1")))
    assert held_media(rooms, looking_of(rooms)).keep(PICTURE, client.id, "post-1", verdict)
    reviewing(rooms).feeder.work_once()
    media = MediaPool(MediaSettings(children=1))
    doors = replace(doors_over(rooms, media, 8802), staff=Staff(rooms.db, rooms.clock, SECRET))
    seen = set()
    async with at(doors) as desk:
        for door in TABLE:
            path = filled(door.path, "A")
            for role in ROLES:
                if door.path == "/sign-out":
                    continue
                one = desk(staff.tokens[role])
                answer = await (one.get(path) if door.method == "GET" else one.post(path))
                seen.add(answer.status_code)
                assert not is_picture(answer.content), (door.method, path, role)
        assert 200 in seen
        assert 500 not in seen
        lead = desk(staff.tokens["lead"])
        asked = await lead.post("/work/1/look", copy=COPY.format(client.id), reason="near_threshold")
        assert asked.status_code == 201, asked.text
        assert not is_picture(asked.content)
        assert is_picture((await lead.get(asked.json()["address"])).content)
    await media.stop()
