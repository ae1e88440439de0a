"""Every page of the portal in one language, with all it can say, as a person without script comes by it. Tests nothing itself."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from amparo.intake.model import CaseView, DeskMessage, FileIn, MD5In, State
from amparo.sealing.age import identity_of, seal
from tests.integration.intake import DESK
from tests.integration.visiting import Parlour
from tests.person import HERE, ROUTES, Person

US = 1_790_000_000_000_000
STATES = (
    State("case", 0, "received", US, "envelope:1"),
    State("file", 1, "received", US, "envelope:1"),
    State("file", 1, "listed", US, "content:1"),
    State("file", 1, "listed", US, "content:1", reason="exact_only"),
    State("file", 1, "matched", US, "match_event:1", client="%s", times=1),
    State("file", 1, "matched", US, "match_event:2", client="%s", times=1_234),
    *(
        State("file", 1, name, US, f"action:{times}", client="%s", times=times)
        for name in ("hidden", "removed", "restored")
        for times in (1, 1_234)
    ),
    *(
        State("file", 1, "restored", US, "action:3", reason=reason, client=f"%s{reason}", times=1)
        for reason in ("clock", "not_this", "undo")
    ),
    *(State("file", 1, "confirmed", US, "decision:1", reason=reason) for reason in ("facts", "looked", "undone")),
    State("file", 2, "withdrawing", US, "change:1"),
    State("file", 2, "withdrawn", US, "change:2"),
    State("file", 2, "withdrawn", US, "change:2", reason="desk"),
    *(State("file", 2, "refused", US, "content:0", reason=reason) for reason in ("no_consent", "low_detail")),
    *(
        State("file", 2, "refused", US, "content:0", reason=reason)
        for reason in ("not_a_picture", "codes_gone", "other")
    ),
    State("place", 1, "received", US, "envelope:1"),
)
NUMBER_OF_NOBODY = "1" * 16
HELPERS_KEY = "amparo_1"
Seen = tuple[str, str]


@dataclass
class Walk:
    """One person going everywhere. language: the tag she asks for and chooses."""

    portal: Parlour
    person: Person
    language: str

    async def everywhere(self) -> AsyncIterator[Seen]:
        """Each page with its name: the step, and what is special about it behind a blank."""
        self.person.client.headers["accept-language"] = self.language
        for part in (self.path_begun, self.path_ended, self.tip, self.back, self.helped):
            async for seen in part():
                yield seen
        yield "not there", (await self.person.client.get("/not-there")).text
        yield "exit", (await self.person.client.get("/exit")).text

    def seen(self, name: str) -> Seen:
        step = self.person.at.step
        assert step == name.partition(" ")[0], f"at {step}, not at {name}: {self.person.at.notice}"
        return name, self.person.answer.text

    async def path_begun(self) -> AsyncIterator[Seen]:
        person = self.person
        await person.look()
        yield self.seen("language")
        await person.press("next", self.language)
        yield self.seen("safe")
        await person.press("next", "no")
        yield self.seen("safe not")
        await person.press("next", "yes")
        yield self.seen("age")
        await person.press("next", "minor")
        yield self.seen("under-18")
        for place in ROUTES.routes:
            await person.press("place", place=place)
            yield self.seen(f"under-18 {place}")
        await person.press("next")
        yield self.seen("happened")
        await person.press("next")
        yield self.seen("files")

    async def path_ended(self) -> AsyncIterator[Seen]:
        person = self.person
        token = person.client.cookies["s"]
        files = [FileIn(1, "video", [MD5In("0" * 32)]), FileIn(2, "picture", [MD5In("1" * 32)])]
        self.portal.lobby.portal.add_files(token, files)
        await person.look()
        yield self.seen("files held")
        await person.press("next")
        yield self.seen("where")
        await person.press("next", addresses="1" * 3_000)
        yield self.seen("where too long")
        await person.press("next", addresses="1")
        await person.press("next", consent=[])
        yield self.seen("consent again")
        await person.press("next", consent=["match"])
        yield self.seen("receipt")
        self.portal.number = person.at.receipt.replace(" ", "")
        await person.press("next", last_four="")
        yield self.seen("receipt wrong")
        await person.press("next", last_four=self.portal.number[-4:])
        yield self.seen("sent")

    async def tip(self) -> AsyncIterator[Seen]:
        person = self.person
        await person.press("next")
        await person.press("tip")
        yield self.seen("tip")
        await person.press("next")
        yield self.seen("tip empty")
        await person.press("next", words="1")
        yield self.seen("tip-receipt")
        await person.press("place", place="MY")
        yield self.seen("tip-receipt MY")
        await person.press("next", last_four=person.at.receipt[-4:])

    async def back(self) -> AsyncIterator[Seen]:
        person = self.person
        await person.client.get("/exit")
        await person.at_home()
        yield self.seen("home")
        await person.press("open", number=NUMBER_OF_NOBODY)
        yield self.seen("home wrong")
        await person.press("open", number=self.portal.number)
        yield self.seen("case")
        await person.press("write", message="1")
        yield self.seen("case written")
        self.show(*STATES)
        await person.press("contact", channel="1")
        yield self.seen("case of all states")
        await person.press("withdraw-all")
        yield self.seen("withdraw")
        await person.press("next")
        yield self.seen("case being taken back")
        self.show(*(State("file", number, "withdrawn", US, "change:3") for number in (1, 2)))
        await person.look()
        yield self.seen("case taken back")

    async def helped(self) -> AsyncIterator[Seen]:
        """The helper's door, and the path once more with what she says aloud on each page."""
        self.portal.lobby.desk.set_helpers({1: hashlib.sha256(HELPERS_KEY.encode()).digest()})
        person = self.person
        await person.client.get("/exit")
        await person.look("/helper")
        yield "helper", person.answer.text
        for name, key in (("helper wrong", "amparo_2"), ("language helped", HELPERS_KEY)):
            fields = [*((field, value) for field, value in person.at.fields if field != "key"), ("key", key)]
            headers = {"sec-fetch-site": "same-origin", "origin": HERE}
            answer = await person.client.post("/helper", data=dict(fields), headers=headers)
            person._see(answer)
            yield name, answer.text
        await person.press("next", self.language)
        yield self.seen("safe helped")
        await person.press("next", "yes")
        yield self.seen("age helped")
        await person.press("next", "minor")
        yield self.seen("under-18 helped")
        for step in ("happened", "files", "where", "consent"):
            await person.press("next")
            yield self.seen(f"{step} helped")
        await person.press("next", consent=["match"])
        yield self.seen("receipt helped")
        await person.press("next", last_four=person.at.receipt[-4:])
        yield self.seen("sent helped")

    def show(self, *states: State) -> None:
        """The desk shows this of her case, with a message."""
        opened = self.portal.lobby.opened(self.portal.number)
        reply = seal(b"1", [identity_of(opened.identity).recipient, DESK.recipient])
        self.portal.version += 1
        view = CaseView(opened.case_uid, self.portal.version, states, (DeskMessage("m" * 32, reply, US),))
        self.portal.lobby.desk.show(view)
