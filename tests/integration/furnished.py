"""The real console over a whole installation in this process: staff of each role, and with ``furnish`` work of every kind in every state.

Tests nothing itself.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from amparo.access.model import Principal
from amparo.access.record import StaffRecord
from amparo.access.staff import Staff
from amparo.access.staff_model import Doer, StaffPrincipal
from amparo.app.console import doors_over
from amparo.app.intake import secrets_of
from amparo.app.looks import held_media, looking_of
from amparo.app.review import Reviewing, reviewing
from amparo.app.supposing import supposing_of
from amparo.banks.changing import Changing
from amparo.banks.model import BankPolicy, Listing
from amparo.console.doors import Doors
from amparo.intake.home import Opened
from amparo.intake.model import Contact
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.asking import Filter
from amparo.review.bank_acts import Entry
from amparo.review.delivery import Deliverer
from amparo.review.exposure import Bounds
from amparo.review.looks import Wish
from amparo.review.model import Decision
from amparo.review.reporting import Report
from amparo.review.seconds import Question as Asked
from amparo.review.settings import ReviewSettings
from amparo.sealing.age import seal
from amparo.sealing.keys import open_desk_keys
from amparo.terms.signal import Signal
from tests.integration.desk import code, file
from tests.integration.installed import PASSPHRASE, Installed, installed
from tests.integration.intake import answered, consent
from tests.integration.looks import PICTURE, Drawn
from tests.integration.staffing import SECRET, Office, office

STAFF: Mapping[str, str] = {
    "Ann": "admin", "Lea": "lead", "Rob": "reviewer", "Cas": "caseworker", "Aud": "auditor",
    "Tia": "lead", "Kim": "caseworker",
}  # fmt: skip
"""Name and role. Tia has looked as much as she may, and named Lea as her carer. Kim holds no key to what persons write."""
HOLD_DESK = ("Ann", "Lea", "Cas", "Tia")
REASON = "Two of us have checked what it stands on."
UNTIL_MANY = 60
"""Contents of one bank, so that a list has a second page."""


@dataclass
class Furnished:
    """house: the installation. here: addresses of what there is, by name, as ``card-match`` -> ``/work/3``."""

    house: Installed
    office: Office
    doors: Doors
    room: Reviewing
    here: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def who(self, name: str) -> StaffPrincipal:
        return self.office.principal(name)

    def client(self, name: str) -> Principal:
        if name not in self.numbers:
            self.numbers[name] = self.house.rooms.access.new_client(name).id
        return Principal(1, self.numbers[name], name, "platform")

    def upload(self, picture: int, item: str, at: str = "forum", bits: int = 3, *, keep: bool = False) -> int:
        """A platform asks about a picture some bits away from a listed one; the work it is."""
        asker = self.client(at)
        signals = [Signal("pdq", (int(code(picture), 16) ^ ((1 << bits) - 1)).to_bytes(32, "big"), 100)]
        verdict = self.house.rooms.matcher.judge(asker, "r", signals, Question(Item(item)))
        if keep:
            held = held_media(self.house.rooms, looking_of(self.house.rooms))
            assert held.keep(PICTURE, asker.client_id, item, verdict)
        self.room.feeder.work_once()
        return self.newest()

    def newest(self) -> int:
        return max(one.id for one in self.room.queue.listed(self.who("Ann"), Filter(), None, 200).works)

    def decide(self, name: str, work: int, answer: str = "confirm", reason: str = "") -> int:
        made = self.room.deciding.decide(self.who(name), work, Decision(answer, None, reason), f"{work}{answer}")
        assert made.decision is not None
        return made.decision.id

    def person(self, *pictures: int, agreed: tuple[str, ...] = ("match", "desk"), **answers: object) -> Opened:
        """Somebody who came by the portal."""
        answers = {"language": "ko", "addresses": "", **answers}
        files = [file(at, picture=one) for at, one in enumerate(pictures, 1)]
        purposes = [consent(one, given=one in agreed) for one in ("match", "desk", "share", "statistics")]
        opened, _ = self.house.sent(*files, consents=purposes, **answers)
        self.house.work()
        self.room.feeder.work_once()
        return opened


@contextlib.contextmanager
def console(folder: Path) -> Iterator[Furnished]:
    """With staff, and nothing else yet."""
    given = {
        "REVIEW_MEDIA": "sealed", "CONSOLE_KEY": SECRET.hex(), "REVIEW_WEBHOOK_TRIES_MAX": "1", "UPLOADS_KEEP_DAYS": "10",
        "WIRE_POST_HOSTS": "127.0.0.1:1 allow_private",
    }  # fmt: skip
    with installed(folder, **given) as house:
        made = office(house.rooms.db, house.rooms.clock)
        keys = open_desk_keys(secrets_of(house.settings.deployment), PASSPHRASE)
        for name, role in STAFF.items():
            made.join(role, name, keys={"desk": keys} if name in HOLD_DESK else {})
        pool = MediaPool(MediaSettings(children=1))
        try:
            doors = doors_over(house.rooms, pool, 8802)
            staff = Staff(house.rooms.db, house.rooms.clock, SECRET)
            doors = replace(doors, staff=staff, signing=replace(doors.signing, staff=staff))
            yield Furnished(house, made, doors, reviewing(house.rooms, doors.looks))
        finally:
            for pid in pool.pids():
                os.kill(pid, signal.SIGKILL)


def furnish(there: Furnished) -> None:
    """Everything there is to see at a desk."""
    banks(there)
    persons(there)
    matches(there)
    two_people(there)
    looks(there)
    webhooks(there)
    there.room.feeder.work_once()


def aside(act: Callable[[], object]) -> None:
    """In a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result()


def banks(there: Furnished) -> None:
    rooms = there.house.rooms
    rooms.access.new_key("importer", "curator")
    for name, policy in (
        ("partners", BankPolicy(action="review")),
        ("harmless", BankPolicy(polarity="negative")),
        ("trial", BankPolicy(action="hide", staged_share=0.25)),
        ("resting", BankPolicy(paused=True)),
    ):
        rooms.banks.new_bank(name, policy)
    changing = Changing(rooms.banks, StaffRecord(rooms.db, rooms.clock))
    changing.change(Doer(client="importer"), "trial", BankPolicy(thresholds={"pdq": 20}, action="review"))
    changing.change(Doer(), "trial", BankPolicy(thresholds={"pdq": 31}, action="hide"))
    listed = [
        Listing((Signal("pdq", bytes.fromhex(code(number)), 100),), f"x-{number}", "From the list of March.")
        for number in range(100, 100 + UNTIL_MANY)
    ]
    ids = [one.content_id or 0 for one in rooms.banks.list_contents("partners", "client:Harbour", listed)]
    rooms.banks.guard(ids[1:3])
    partners = rooms.banks.bank("partners")
    rooms.banks.give_opinion(partners, ids[0], "Harbour", "positive_class")
    rooms.banks.withdraw(partners, ids[-1])
    supposing = supposing_of(rooms)
    there.here["what-if"] = f"/banks/partners/what-if/{supposing.ask(partners, {'pdq': 20}, 28, 1)}"
    while supposing.work_once():
        pass
    there.here["what-if-waits"] = f"/banks/partners/what-if/{supposing.ask(partners, {'pdq': 24}, 28, 1)}"
    there.here["content"] = f"/banks/partners/contents/{ids[0]}"
    there.numbers["entry"] = ids[0]


def persons(there: Furnished) -> None:
    names = "the group of our year"
    hers = there.person(1, 2, addresses="https://example.test/a\nhttps://example.test/b", names=names)
    there.house.portal.write_message(hers, "请帮帮我。\nI do not know who else has it.")
    there.house.portal.set_contact(hers, Contact("mail: a@example.test", "after 18:00", "Jin", "photo", False, True))
    closed = there.person(3, agreed=("match",), language="en", addresses="https://example.test/c")
    minor = there.person(4, age="minor_stated", language="zh-Hans")
    for tip, child in (("A group that shares them.", "no"), ("She is in my class.", "yes"), ("My sister.", "yes")):
        draft = answered(tip={"about": "group", "words": tip, "names_child": child})
        there.house.portal.submit_tip(there.house.portal.begin(draft), draft)
    there.house.work()
    there.room.feeder.work_once()
    there.doors.casework.work.reply(hers.case_uid, "We are here.\nWe look for copies.", "staff:1")
    there.house.work()
    there.here |= {
        "case": f"/cases/{hers.case_uid}", "case-closed": f"/cases/{closed.case_uid}", "case-minor": f"/cases/{minor.case_uid}",
    }  # fmt: skip
    works = there.room.queue.listed(there.who("Ann"), Filter(), None, 200).works
    there.here["card-case"] = f"/work/{next(one.id for one in works if one.case_uid == hers.case_uid)}"
    there.here["card-tip"] = f"/work/{next(one.id for one in works if one.kind == 'tip')}"


def matches(there: Furnished) -> None:
    queue = there.room.queue
    plain = there.upload(100, "post-1", keep=True)
    for at, item, bits in (
        ("photos", "album/17", 9),
        ("forum", "post-2", 0),
        ("a very long client name of one", "p" * 80, 12),
    ):
        there.upload(100, item, at, bits)
    queue.comment(there.who("Rob"), plain, "Like the one of yesterday.\nThe distance is far from the threshold.")
    queue.assign(there.who("Lea"), plain, there.who("Rob").id)
    minor = there.upload(101 + 5, "post-9")
    there.room.minors.set_minor(there.who("Lea"), minor, "The facts here say so")
    for number in range(110, 115):
        there.upload(number, f"post-{number}")
    done = there.upload(116, "post-116")
    there.decide("Rob", done)
    undone = there.decide("Lea", there.upload(117, "post-117"), "not_this", "other_picture")
    there.room.deciding.undo(there.who("Lea"), undone)
    report(there)
    there.here |= {"card-match": f"/work/{plain}", "card-minor": f"/work/{minor}", "card-done": f"/work/{done}"}
    there.here["card-near"] = f"/work/{there.upload(115, 'post-115', keep=True)}"
    there.here["card-held"] = f"/work/{there.upload(118, 'post-118')}"
    queue.card(there.who("Tia"), int(there.here["card-held"].rpartition("/")[2]))


def report(there: Furnished) -> None:
    asker = there.client("forum")
    said = {"words": "It was put up again.", "where": "https://forum.test/note-1", "reported_by": "member 12"}
    sealed = seal(json.dumps(said).encode(), there.doors.staff.recipients("look"))
    there.room.reports.take(asker.client_id, asker.client, Report("note-1", "intimate", sealed))
    there.here["card-report"] = f"/work/{there.newest()}"


def two_people(there: Furnished) -> None:
    asks = there.upload(1, "post-hers")
    there.decide("Lea", asks, "not_this", "no_ground")
    minor = int(there.here["card-minor"].rpartition("/")[2])
    seconds, rooms = there.room.seconds, there.house.rooms
    seconds.ask(there.who("Lea"), Asked("clear_minor", f"work:{minor}", answer="clear", reason=REASON))
    bank = rooms.banks.bank("partners")
    acts, signal_ = there.doors.banking.acts, Signal("pdq", bytes.fromhex(code(300)), 100)
    acts.ask_entry(there.who("Rob"), bank, [signal_], Entry("e" * 16, "a note", REASON))
    acts.ask_export(there.who("Lea"), bank, REASON)
    there.doors.tips.ready(there.who("Ann"))
    tips = there.doors.tips.work.listed(None, 10)
    there.doors.tips.ask(there.who("Lea"), tips[0].uid, REASON)
    there.doors.tips.ask(there.who("Lea"), tips[1].uid, REASON)
    waiting = {one.subject: one.id for one in seconds.waiting(there.who("Ann"))}
    seconds.override(there.who("Ann"), waiting[f"tip:{tips[1].uid}"], "Nobody else is here tonight.")
    there.here |= {"card-second": f"/work/{asks}", "tip": f"/tips/{tips[1].uid}"}
    for one in seconds.waiting(there.who("Ann")):
        there.here[f"second-{one.kind}"] = f"/seconds/{one.id}"
    acts.ask_export(there.who("Lea"), rooms.banks.bank("trial"), REASON)
    trial = f"export:{rooms.banks.bank('trial').id}:{there.who('Lea').id}"
    mine = {one.subject: one.id for one in seconds.waiting(there.who("Ann"))}
    seconds.answer(there.who("Ann"), mine[trial], yes=True)


def looks(there: Furnished) -> None:
    plain, tia = int(there.here["card-match"].rpartition("/")[2]), there.who("Tia")
    copy = there.doors.looks.offers(plain)[0]
    there.doors.staff.set_carer(tia, there.who("Lea").id)
    grant = there.doors.looks.grant(tia, Wish(plain, copy, "near_threshold", 1))
    drawn = replace(there.doors.looks, media=Drawn)  # the children that draw belong to the loop of the console
    aside(lambda: asyncio.run(drawn.picture(tia, grant.token)))
    there.doors.looks.covered(tia, grant.token, 7_000, 3)
    there.doors.exposures.set_own(tia, Bounds(1, 20, 10, 200))
    there.here["exposure-cared"] = f"/settings/exposure/{tia.id}"


def webhooks(there: Furnished) -> None:
    made, _ = there.doors.webhooks.new(there.numbers["forum"], "http://127.0.0.1:1/actions")
    there.doors.webhooks.new(there.numbers["photos"], "http://127.0.0.1:1/a/rather/long/address/of/a/receiver")
    there.decide("Rob", there.upload(119, "post-119"))
    settings = there.house.settings.section(ReviewSettings)
    deliverer = Deliverer(there.doors.webhooks, settings, random.Random(1))
    aside(lambda: asyncio.run(deliverer.deliver_due()))
    there.here["webhook"] = f"/webhooks/{made.id}"
    there.here["link"] = there.doors.staff.invite("reviewer", by=there.who("Ann"))
