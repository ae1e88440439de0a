"""A person at the portal without script: reads pages as a browser does and sends their forms. Judges nothing."""

import re
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from amparo.app.clock import SystemClock
from amparo.portal.doors import Doors, Intake
from amparo.portal.limits import Limits
from amparo.portal.pages import WORDS, pages
from amparo.portal.settings import LimitSettings, PortalSettings
from amparo.portal.work import Work
from amparo.terms.clock import Clock
from amparo.web import places
from amparo.web.place import Networks
from tests.work import solve

HERE = "http://localhost:8801"
LANGUAGES = {pseudo: WORDS.load(pseudo=pseudo) for pseudo in (False, True)}
ROUTES = places.load()
QUICK = PortalSettings(open_ms_min=0)
LIGHT = LimitSettings(work_bits=4)


def doors_of(
    intake: Intake,
    settings: PortalSettings = QUICK,
    clock: Clock = SystemClock(),  # noqa: B008
    limits: LimitSettings = LIGHT,
) -> Doors:
    """A portal's doors over that intake, as a process just started has them."""
    networks = Networks(settings.proxies, clock, "portal.proxies")
    made = pages(LANGUAGES[settings.pseudo_languages], settings)
    toll = Limits(limits, clock), Work(limits, clock, secrets.token_bytes(32))
    return Doors(intake, made, networks, ROUTES, clock, settings, *toll)


@dataclass
class Button:
    """What can be pressed. act: its ``data-act``."""

    name: str
    value: str
    act: str
    text: str = ""


@dataclass
class Shown(HTMLParser):
    """What of a page matters to somebody who fills its form in. marks: every element's attributes, of those with a ``data-`` one."""

    step: str = ""
    notice: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: dict[tuple[str, str], bool] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    marks: list[dict[str, str]] = field(default_factory=list)
    lang: str = ""
    title: str = ""
    receipt: str = ""
    text: str = ""
    _into: str = ""
    _area: str = ""
    _select: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.step = given.get("data-step", self.step)
        if any(name.startswith("data-") for name in given):
            self.marks.append(given)
        self._into = next((name for name in ("data-notice", "data-receipt") if name in given), self._into)
        if tag == "html":
            self.lang = given["lang"]
        elif tag == "title":
            self._into = "title"
        elif tag == "a":
            self.links.append(given)
        elif tag == "input" and given.get("type") in {"checkbox", "radio"}:
            self.boxes[given["name"], given["value"]] = "checked" in given
        elif tag == "input" and given.get("type") != "file":
            self.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in dict(self.fields)):
            self.fields = [each for each in self.fields if each[0] != self._select] + [(self._select, given["value"])]
        elif tag == "textarea":
            self._into, self._area = f"textarea {given['name']}", ""
        elif tag == "button":
            self.buttons.append(Button(given.get("name", ""), given.get("value", ""), given.get("data-act", "")))
            self._into = "button"

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.fields.append((self._into.partition(" ")[2], self._area.removeprefix("\n")))
        if tag in {"p", "title", "textarea", "button"}:
            self._into = ""

    def marked(self, name: str) -> list[str]:
        """The values of that attribute, in the order of the page."""
        return [given[name] for given in self.marks if name in given]

    @property
    def number(self) -> str:
        """The receipt's digits."""
        return "".join(groups(self.receipt))

    def handle_data(self, data: str) -> None:
        if self._into.startswith("textarea"):
            self._area += data
            return
        self.text += data
        if self._into == "data-notice":
            self.notice += data
        elif self._into == "data-receipt":
            self.receipt += data
        elif self._into == "title":
            self.title += data
        elif self._into == "button":
            self.buttons[-1].text += data


def read(html: str) -> Shown:
    """The page in that text."""
    shown = Shown()
    shown.feed(html)
    return shown


@dataclass
class Person:
    """One browser without script. at: the page before her; answer: how it came. works: it makes proofs of work, as script does."""

    client: httpx.AsyncClient
    at: Shown = field(default_factory=Shown)
    answer: httpx.Response = field(default_factory=lambda: httpx.Response(200))
    works: bool = True

    async def look(self, path: str = "/") -> Shown:
        """Go there."""
        return self._see(await self.client.get(path))

    def filled(self, button: Button | None, **typed: str | list[str]) -> list[tuple[str, str]]:
        """What her form holds once she typed and ticked, and pressed that button."""
        work = self.proof() if self.works and "work" not in typed else ""
        fields = [(name, str(typed.pop(name, work if name == "work" else value))) for name, value in self.at.fields]
        for (name, value), is_ticked in self.at.boxes.items():
            if value in typed[name] if name in typed else is_ticked:
                fields.append((name, value))
        assert not set(typed) - {name for name, _ in self.at.boxes}, f"no such field at {self.at.step}: {typed}"
        return fields + ([(button.name, button.value)] if button else [])

    def proof(self) -> str:
        """The answer to the page's question, "" where it asks none."""
        question, bits = self.at.marked("data-work"), self.at.marked("data-work-bits")
        return solve(question[0], int(bits[0])) if question else ""

    def button(self, act: str, value: str = "") -> Button:
        """The button of that act; where there are several, with that value."""
        return next(one for one in self.at.buttons if one.act == act and value in ("", one.value))

    async def press(self, act: str, value: str = "", **typed: str | list[str]) -> Shown:
        """Fill in and press; the page that comes."""
        return await self.send(self.filled(self.button(act, value), **typed))

    async def send(self, fields: list[tuple[str, str]], path: str = "/") -> Shown:
        """Send these fields as a form of this site."""
        body = str(httpx.QueryParams(fields))
        headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
        return self._see(await self.client.post(path, content=body, headers=headers))

    async def to(self, step: str, *, age: str = "adult", places: str = "") -> Shown:
        """Answer each question until that page."""
        await self.look()
        for _ in range(12):
            if self.at.step == step:
                return self.at
            match self.at.step:
                case "language":
                    await self.press("next", "en")
                case "safe":
                    await self.press("next", "yes")
                case "age":
                    await self.press("next", age)
                case "happened":
                    await self.press("next", happened=["shared"])
                case "where":
                    await self.press("next", addresses=places)
                case "consent":
                    await self.press("next", consent=["match", "desk"])
                case "receipt":
                    await self.press("next", last_four=self.at.receipt[-4:])
                case _:
                    await self.press("next")
        raise AssertionError(f"never came to {step}, but to {self.at.step}")

    async def at_home(self) -> Shown:
        """To the field for the number of a receipt."""
        await self.look()
        return await self.press("open")

    async def opens(self, number: str) -> Shown:
        """Come back with that number."""
        await self.at_home()
        return await self.press("open", number=number)

    @property
    def form_token(self) -> str:
        """The token of the form before her."""
        return next(value for name, value in self.at.fields if name == "form")

    def _see(self, answer: httpx.Response) -> Shown:
        self.answer, self.at = answer, read(answer.text)
        return self.at


def groups(text: str) -> list[str]:
    """The groups of digits in it."""
    return re.findall(r"\d+", text)
