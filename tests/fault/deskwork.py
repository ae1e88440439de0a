"""Work for staff at a ledger of its own, the console's process over it, and browsers that send a form until it is answered. Tests nothing itself."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from amparo.access.model import Principal
from amparo.access.staff_model import StaffPrincipal
from amparo.app.looks import held_media, looking_of
from amparo.app.review import Reviewing, reviewing
from amparo.banks.model import BankPolicy, Listing
from amparo.intake.home import Opened
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.review.asking import Filter
from amparo.review.model import Card
from amparo.review.queue import seen_work
from amparo.terms.signal import Signal
from amparo.web.session import form_token
from tests.integration.desk import code, file
from tests.integration.installed import Installed, environ, installed
from tests.integration.looks import PICTURE
from tests.integration.staffing import SECRET, Office, office
from tests.portal_process import free_port

START_S = 60.0
FAR_S = 0.6
"""Between being ready and the next kill."""
PARTNERS = 1_000
"""Pictures from here on are a partner's, those before a person's."""
MORE = {"CONSOLE_KEY": SECRET.hex(), "REVIEW_MEDIA": "sealed", "CASES_NEW_ACTION": "review"}


class Console:
    """The console's process alone, as the supervisor starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.word = folder / "run" / "console.json"
        self.environ = {**os.environ, **environ(folder, **MORE)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it serves."""
        self.word.unlink(missing_ok=True)
        command = [sys.executable, "-m", "amparo.app.console", "--data", str(self.folder), "--port", str(self.port)]
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while not self.word.exists():
            assert self.process.poll() is None, (self.folder.parent / "log").read_text()[-2_000:]
            assert time.monotonic() < until, "not ready"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Form:
    """What a page sends."""

    path: str
    fields: Mapping[str, str]


class Browser(threading.Thread):
    """One of the staff: each form is sent until it is answered. cut: forms whose answer was lost on the way."""

    def __init__(self, console: Console, token: str, forms: list[Form]) -> None:
        super().__init__(daemon=True)
        self.token, self.forms = token, forms
        headers = {"cookie": f"staff={token}", "sec-fetch-site": "same-origin"}
        self.http = httpx.Client(base_url=f"http://localhost:{console.port}", headers=headers, timeout=30)
        self.cut = 0
        self.last = ""
        self.answers: list[tuple[Form, httpx.Response]] = []

    def run(self) -> None:
        with self.http:
            for form in self.forms:
                self.answers.append((form, self.sent(form)))

    def sent(self, form: Form) -> httpx.Response:
        """The answer; the same form with the same key until there is one."""
        while True:
            try:
                answer = self.http.post(form.path, data={"amparo-form": form_token(self.token), **form.fields})
            except httpx.ConnectError:
                time.sleep(0.02)
            except httpx.TransportError:
                self.cut += 1
            else:
                self.last = f"{form.path} {answer.status_code}"
                if answer.status_code < 500:
                    return answer


@dataclass
class Deskwork:
    """The house with works by item, its staff, and what is told of it. hook: a webhook nothing is delivered to here."""

    house: Installed
    review: Reviewing
    staff: Office
    console: Console
    client: int
    hook: int
    hers: Opened
    works: dict[str, int] = field(default_factory=dict)

    def who(self, name: str) -> StaffPrincipal:
        return self.staff.principal(name)

    def card(self, work_id: int) -> Card:
        """What a lead is shown of a work; it is not kept for anybody."""
        with self.review.queue.db.read() as connection:
            seen = seen_work(connection, self.who("lee"), work_id)
            return self.review.queue.cards.card_within(connection, self.who("lee"), seen)

    def asked(self, item: str) -> list[str]:
        """The actions ordered on an item, in order."""
        found = self.review.actions.after(self.client, 0, 10_000)
        return [one.action for one in found if one.item_id == item]

    def together(self, draw: random.Random, wanted: Mapping[str, list[Form]], most: int) -> tuple[list[Browser], int]:
        """Let all send at once while the process is killed, so often at the most; the browsers, and how often it was."""
        browsers = [Browser(self.console, self.staff.tokens[name], forms) for name, forms in wanted.items()]
        for browser in browsers:
            browser.start()
        kills = 0
        while kills < most and any(one.is_alive() for one in browsers):
            time.sleep(draw.uniform(0.02, FAR_S))
            self.console.kill()
            kills += 1
            self.console.start()
        for browser in browsers:
            browser.join(START_S)
            assert not browser.is_alive(), f"never answered: {browser.last}"
        return browsers, kills


@contextmanager
def deskwork(folder: Path, hers: int, partners: int) -> Iterator[Deskwork]:
    """So many pictures that a person protects, and so many of a partner, each met once at a platform and waiting for staff."""
    with installed(folder, **MORE) as house:
        rooms = house.rooms
        opened, _ = house.sent(*(file(number, picture=number) for number in range(1, hers + 1)))
        house.work()
        rooms.banks.new_bank("partners", BankPolicy())
        theirs = [PARTNERS + number for number in range(partners)]
        rooms.banks.list_contents("partners", "ngo", [Listing((pdq(one),), f"x{one}") for one in theirs])
        client = rooms.access.new_client("forum").id
        hook, _ = rooms.webhooks.new(client, "https://forum.example/hooks")
        staff = office(rooms.db, rooms.clock)
        for role, name in (("reviewer", "ann"), ("reviewer", "ben"), ("lead", "lee")):
            staff.join(role, name)
        review, held = reviewing(rooms), held_media(rooms, looking_of(rooms))
        platform = Principal(1, client, "forum", "platform")
        for picture in [*range(1, hers + 1), *theirs]:
            item = f"i{picture}"
            verdict = rooms.matcher.judge(platform, "r", [pdq(picture)], Question(Item(item)))
            if picture == PARTNERS:
                assert held.keep(PICTURE, client, item, verdict)
        review.feeder.work_once()
        made = Deskwork(house, review, staff, Console(folder), client, hook.id, opened)
        listed = review.queue.listed(made.who("lee"), Filter(kinds=("match",)), None, 200).works
        made.works = {made.card(one.id).copies[0].item_id: one.id for one in listed}
        assert len(made.works) == hers + partners
        made.console.start()
        try:
            yield made
        finally:
            made.console.kill()


def pdq(picture: int) -> Signal:
    """Its hash."""
    return Signal("pdq", bytes.fromhex(code(picture)), 100)
