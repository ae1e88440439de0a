"""A console over a real ledger in which everything there can be is there twice: of two clients, two persons, two of the staff of each role.

Each row has a word of its own in it, so that an answer can be searched for what it must not hold. Tests nothing itself.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from amparo.access.model import Principal
from amparo.access.staff_model import StaffPrincipal
from amparo.app.console import doors_over
from amparo.app.review import Reviewing, report_readers, reviewing
from amparo.app.staff import desk_keys
from amparo.banks.model import BankPolicy, Listing
from amparo.console.doors import Doors
from amparo.intake.model import Consent
from amparo.match.model import Item, Verdict
from amparo.match.service import Question
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.asking import Filter
from amparo.review.bank_acts import Entry
from amparo.review.exposure import Bounds
from amparo.review.looks import Wish
from amparo.review.model import Card, Decision
from amparo.review.queue import seen_work
from amparo.review.reporting import Report
from amparo.review.seconds import Question as Second
from amparo.sealing.age import seal
from amparo.terms.signal import Signal
from tests.integration.desk import code, file
from tests.integration.installed import Installed, installed
from tests.integration.intake import answered
from tests.integration.staffing import Office
from tests.passkeys import SoftKey

PORT = 8802
NETWORK = b"here"
PAIRS = (("ann", "reviewer"), ("cas", "caseworker"), ("lea", "lead"), ("ada", "admin"), ("aud", "auditor"))
OTHERS = (("bea", "reviewer"), ("cid", "caseworker"), ("lou", "lead"), ("alma", "admin"), ("abe", "auditor"))
PERSONS = dict((*PAIRS, *OTHERS))
"""Who there is, with their role: the first five are those who ask, the others own what is somebody else's."""
CLIENTS = ("forum", "photos")
LIMITS = Bounds(31, 317, 331, 3_137)
"""Limits of one of the others: figures that stand on no other page."""


def said(of: str) -> str:
    """The word that stands in what is called so, and nowhere else."""
    return f"zq{of.replace('-', '')}zq"


@dataclass
class Everyone:
    """rows: the numbers or names of what is there, by what it is. tokens: of sessions, looks, links, challenges."""

    house: Installed
    doors: Doors
    office: Office
    room: Reviewing
    rows: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def who(self, name: str) -> StaffPrincipal:
        return self.office.principal(name)

    # --- what is made

    def staff(self) -> None:
        """Two of each role; those who may hold the desk key hold it. One who was ended."""
        keys = {"desk": desk_keys(self.house.settings)}
        assert keys["desk"], "the desk has no key"
        for name, role in PERSONS.items():
            self.rows[f"member-{name}"] = str(self.office.join(role, name, keys=keys).id)
            self.tokens[f"session-{name}"] = self.office.tokens[name]
        self.doors.tips.ready(self.who("ada"))
        gone = self.office.join("admin", "gone", keys=keys)
        self.tokens["ended"] = self.office.tokens["gone"]
        self.doors.staff.end_member(self.who("ada"), gone.id)
        self.tokens["half"] = self.office.signing.begin_sign_in(NETWORK).token
        self.tokens["invite"] = self.doors.staff.invite("admin", by=self.who("alma"))
        for name in OTHERS:
            self._ways_in(name[0])
        self.doors.exposures.set_own(self.who("bea"), LIMITS)
        self.doors.staff.set_carer(self.who("bea"), self.who("lou").id)
        self.doors.staff.set_carer(self.who("cid"), self.who("lea").id)

    def _ways_in(self, name: str) -> None:
        """One more passkey, with a name."""
        principal, key = self.who(name), SoftKey(self.office.signing.site.origin, prf_seed=b"second")
        asked = self.office.signing.begin_another_passkey(principal)
        self.office.signing.finish_another_passkey(principal, asked.token, key.make(asked.options), said(f"key-{name}"))
        self.rows[f"passkey-{name}"] = str(self.office.signing.passkeys(principal)[-1].id)
        if name == "alma":
            self.tokens["code-alma"] = self.office.signing.begin_own_code(principal).secret

    def banks(self) -> None:
        """One that staff fill, one that says no, one of what may show somebody under 18; contents of two origins."""
        banks = self.house.rooms.banks
        for name, policy in {
            "partners": BankPolicy(action="review"),
            "refuted": BankPolicy(polarity="negative"),
            "portal_under_18": BankPolicy(action="hide"),
        }.items():
            if name not in [one.name for one in banks.banks()]:
                banks.new_bank(name, policy)
            self.rows[f"bank-{name}"] = name
        for at, bank in enumerate(("partners", "refuted")):
            listing = Listing(tuple(_signals(900 + at)), said(f"listed-{bank}"), note=said(f"note-{bank}"))
            (listed,) = banks.list_contents(bank, "ngo", [listing])
            self.rows[f"content-{bank}"] = str(listed.content_id)

    def persons(self) -> None:
        """Two cases, of which one may show somebody under 18, a tip that anybody at the desk reads, and three that are sealed."""
        asked = [Consent(one, True, "v1", "en", 1_000_000) for one in ("match", "desk")]
        for at, (name, age) in enumerate((("amy", "adult_stated"), ("may", "minor_stated")), 1):
            told = {"age": age, "consents": asked, "addresses": f"https://example.test/{said(f'place-{name}')}"}
            opened, number = self.house.sent(file(1, picture=at), **told)
            self.house.portal.write_message(opened, f"hello {said(f'words-{name}')}")
            self.rows[f"case-{name}"], self.tokens[f"receipt-{name}"] = opened.case_uid, number
        for name, names_child in (("open", "no"), ("shut", "yes"), ("ours", "yes"), ("theirs", "yes")):
            draft = answered(tip={"about": "group", "words": said(f"tip-{name}"), "names_child": names_child})
            self.tokens[f"receipt-{name}"] = self.house.portal.submit_tip(self.house.portal.begin(draft), draft)
            self.rows[f"tip-{name}"] = self.house.opened(self.tokens[f"receipt-{name}"]).case_uid
        self.house.work(3)
        self.rows["bank-of-amy"], self.rows["content-amy"] = self._content("amy")
        for uid, first, second in (("ours", "lea", "ada"), ("theirs", "lou", "alma")):
            self.doors.tips.ask(self.who(first), self.rows[f"tip-{uid}"], said(f"why-{uid}"))
            for one in self.doors.seconds.waiting(self.who(second)):
                self.doors.seconds.answer(self.who(second), one.id, yes=True)

    def _content(self, name: str) -> tuple[str, str]:
        """The bank and the number of what her case lists."""
        origin = f"case-{self.rows[f'case-{name}']}"
        banks = self.house.rooms.banks
        return next(
            (bank.name, str(one.id))
            for bank in banks.banks()
            for one in banks.contents(bank, 0, 100)
            if one.origin == origin
        )

    def works(self) -> None:
        """Of each client a match and a report; one that may show somebody under 18; comments on each."""
        for at, client in enumerate(CLIENTS):
            client_id = self.house.rooms.access.new_client(client).id
            self.rows[f"client-{client}"] = str(client_id)
            self.upload(client, 900 if at == 0 else 1, said(f"item-{client}"))
            words = seal(f'{{"words": "{said(f"told-{client}")}"}}'.encode(), report_readers(self.house.rooms)())
            self.room.reports.take(client_id, client, Report(said(f"note-{client}"), "intimate", words))
        young = Report(said("item-young"), "under_18", None)
        self.room.reports.take(int(self.rows["client-photos"]), "photos", young)
        self.upload("photos", 901, said("item-refuted"))
        self.room.feeder.work_once()
        by_item = {copy.item_id: card.work.id for card in self._cards() for copy in card.copies}
        for name in ("item-forum", "item-photos", "note-forum", "note-photos", "item-young"):
            self.rows[f"work-{name}"] = str(by_item[said(name)])
        for name in ("amy", "may", "open"):
            uid = self.rows[f"case-{name}" if name != "open" else "tip-open"]
            self.rows[f"work-{name}"] = str(self.room.queue.of_case(self.who("alma"), uid))
        alma, queue = self.who("alma"), self.room.queue
        for key, number in self.rows.items():
            if key.startswith("work-"):
                queue.comment(alma, int(number), said(f"comment-{key}"))
                queue.skip(alma, int(number))  # lets go of it
        self.room.queue.assign(self.who("lou"), int(self.rows["work-may"]), int(self.rows["member-cid"]))

    def _cards(self) -> list[Card]:
        works = self.room.queue.listed(self.who("alma"), Filter(), None, 200).works
        with self.house.rooms.db.read() as connection:
            cards, who = self.room.queue.cards, self.who("alma")
            rows = [seen_work(connection, who, one.id) for one in works]
            return [cards.card_within(connection, who, row) for row in rows]

    def upload(self, client: str, picture: int, item: str) -> Verdict:
        """A platform asks about a picture that is listed."""
        principal = Principal(1, int(self.rows[f"client-{client}"]), client, "platform")
        return self.house.rooms.matcher.judge(principal, "r", _signals(picture), Question(Item(item)))

    def decisions(self) -> None:
        """Decided by others: a report, a match, a case. Waiting for a second person: one of each kind, and one that Ann asked."""
        doors, room = self.doors, self.room
        photos = int(self.rows["client-photos"])
        for name, who in (("bea", "bea"), ("lou", "lou")):
            item = said(f"done-{name}")
            number = room.reports.take(photos, "photos", Report(item, "intimate", None))
            assert number
            work = next(card.work.id for card in self._cards() if any(copy.item_id == item for copy in card.copies))
            made = room.deciding.decide(self.who(who), work, Decision("confirm"), f"key-{name}").decision
            assert made is not None
            self.rows[f"decision-{name}"] = str(made.id)
            self.rows[f"work-done-{name}"] = str(work)
        self._decided_case()
        lifted = room.deciding.decide(
            self.who("bea"), int(self.rows["work-item-photos"]), Decision("not_this", None, "other_picture"), "lift"
        )
        assert lifted.word == "waits_for_second"
        self.rows["second-lift"] = str(lifted.second_id)
        partners = self.house.rooms.banks.bank("partners")
        acts, secret = doors.banking.acts, said("why-it")
        for key, name in (("a" * 16, "ann"), ("b" * 16, "bea")):
            entry = Entry(key, said("note-asked"), f"{secret} of course")
            self.rows[f"second-entry-{name}"] = str(acts.ask_entry(self.who(name), partners, _signals(950), entry))
        self.rows["second-export"] = str(acts.ask_export(self.who("lou"), partners, f"{said('why-told')} of course"))
        doors.tips.ask(self.who("lou"), self.rows["tip-shut"], f"{said('why-told')} of course")
        self.rows["second-tip"] = next(
            str(one.id) for one in doors.seconds.waiting(self.who("lea")) if one.kind == "open_tip"
        )
        clear = Second("clear_minor", f"work:{self.rows['work-item-young']}", reason=f"{secret} of course")
        self.rows["second-minor"] = str(doors.seconds.ask(self.who("bea"), clear))

    def _decided_case(self) -> None:
        draft = answered(tip={"about": "group", "words": said("tip-done"), "names_child": "no"})
        self.house.portal.submit_tip(self.house.portal.begin(draft), draft)
        self.house.work(2)
        self.room.feeder.work_once()
        known = set(self.rows.values())
        work = next(
            one
            for one in self.room.queue.listed(self.who("cid"), Filter(), None, 200).works
            if one.kind == "tip" and str(one.id) not in known
        )
        made = self.room.deciding.decide(self.who("cid"), work.id, Decision("confirm"), "tip").decision
        assert made is not None
        self.rows["decision-cid"] = str(made.id)

    def others(self) -> None:
        """Webhooks of both clients, leave to take a list away for two pairs, a question about thresholds, a look."""
        doors, rooms = self.doors, self.house.rooms
        for client in CLIENTS:
            hook, secret = doors.webhooks.new(
                int(self.rows[f"client-{client}"]), f"https://{said(f'hook-{client}')}.example/in"
            )
            self.rows[f"webhook-{client}"], self.tokens[f"webhook-{client}"] = str(hook.id), secret
        partners = rooms.banks.bank("partners")
        with rooms.db.write() as connection:
            for name, pair in (("ours", ("lea", "ada")), ("theirs", ("lou", "alma"))):
                leave = doors.banking.desk.allow_export_within(
                    connection, "partners", *(self.who(one).id for one in pair)
                )
                self.rows[f"leave-{name}"] = str(leave)
        asked = doors.banking.supposing.ask(partners, {"pdq": 20}, 28, self.who("lou").id)
        self.rows["question-partners"] = str(asked)
        door = f"http://127.0.0.1:9/{said('media-door')}/{{item_id}}"
        doors.webhooks.set_media_door(int(self.rows["client-forum"]), door)
        copy = f"{self.rows['client-forum']}:{said('item-forum')}"
        wish = Wish(int(self.rows["work-item-forum"]), copy, "near_threshold")
        self.tokens["look-bea"] = doors.looks.grant(self.who("bea"), wish).token


def _signals(picture: int) -> list[Signal]:
    return [Signal("pdq", bytes.fromhex(code(picture)), 100)]


@contextlib.asynccontextmanager
async def everyone(folder: Path) -> AsyncIterator[Everyone]:
    """All of it, in that folder."""
    with installed(folder, REVIEW_MEDIA="fetch", WIRE_FETCH_HOSTS="127.0.0.1:9 allow_private") as house:
        media = MediaPool(MediaSettings(children=1))
        doors = doors_over(house.rooms, media, PORT)
        made = Everyone(house, doors, Office(doors.staff, doors.signing), reviewing(house.rooms, doors.looks))
        try:
            made.staff()
            made.banks()
            made.persons()
            made.works()
            made.decisions()
            made.others()
            yield made
        finally:
            await media.stop()
