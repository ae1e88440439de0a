"""What pages say: catalogues by language, which language a browser asks for, dates and lists in it. Holds no sentence itself.

The English sentence is the key (gettext). A sentence that no catalogue has is shown in English; a test says of which languages
none may be missing.
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final, Self, TypeAlias

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from amparo.errors import Misconfigured
from amparo.terms.clock import from_us
from amparo.web.pseudo import Pseudo, accented, mirrored

DEFAULT: Final = "en"
LANGUAGES: Final = {
    "en": "English",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "ko": "한국어",
    "ms": "Bahasa Melayu",
}
"""Tag (BCP 47) and the language's own name, in the order in which they are offered."""
FORMATS: Final = {"en": "en_GB", "zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "ko": "ko_KR", "ms": "ms_MY"}
"""Whose way of writing dates and lists a language takes (CLDR)."""
PSEUDO: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "en-XA": ("Ļöñĝ Éñĝļîšĥ", accented),
    "ar-XB": ("Mirrored English", mirrored),
}
TRADITIONAL: Final = frozenset({"tw", "hk", "mo", "hant", "yue"})
RANGES_MAX: Final = 20
ACCEPT_CHARS_MAX: Final = 1_000
REVIEWED: Final = re.compile(r'^"X-Reviewed-By: (.*)\\n"$', re.MULTILINE)
NOBODY: Final = "none yet"
Pair: TypeAlias = tuple[str, str]
"""A sentence for one thing and for many."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name, which the extraction looks for
    """Marks a sentence for the catalogues where it is not yet shown."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its sentences, its dates and lists. tag: BCP 47, for ``lang``. dir: ``ltr`` or ``rtl``. name: its own."""

    tag: str
    name: str
    dir: str
    locale: Locale = field(repr=False)
    catalogue: NullTranslations = field(repr=False)
    scripts: Mapping[str, Mapping[str, str | Pair]] = field(repr=False)
    dress: Callable[[str], str] = field(repr=False, default=str)

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        return str(self.catalogue.gettext(message))

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The sentence for ``n`` things."""
        return str(self.catalogue.ngettext(one, many, n))

    def pgettext(self, context: str, message: str) -> str:
        """The sentence as it is meant in that context."""
        return str(self.catalogue.pgettext(context, message))

    def npgettext(self, context: str, one: str, many: str, n: int) -> str:
        """The sentence for ``n`` things as it is meant in that context."""
        return str(self.catalogue.npgettext(context, one, many, n))

    def day(self, at_us: int) -> str:
        """The day of an instant (UTC), written out, as ``27 November 2026``."""
        return self.dress(format_date(from_us(at_us).date(), "long", self.locale))

    def moment(self, at_us: int) -> str:
        """Day and time of an instant, in UTC, which it says; ``static/times.js`` puts the reader's own zone in its place."""
        instant = from_us(at_us)
        time = format_time(instant.timetz(), "HH:mm", locale=self.locale)
        together = str(get_datetime_format("medium", locale=self.locale))
        return self.dress(f"{together.format(time, format_date(instant.date(), 'long', self.locale))} (UTC)")

    def joined(self, things: Sequence[str]) -> str:
        """A list in a sentence, as ``a, b and c``."""
        return self.dress(format_list(list(things), locale=self.locale)) if len(things) > 1 else "".join(things)

    def number(self, n: int) -> str:
        """A whole number with the separators of the language."""
        return format_decimal(n, locale=self.locale)

    def said(self, page: str) -> Markup:
        """The sentences the scripts of a page say, as JSON that may stand inside a script element. A plural: one text a category."""
        told = {key: self._forms(text) for key, text in self.scripts[page].items()}
        return htmlsafe_json_dumps(told, ensure_ascii=False)

    def _forms(self, text: str | Pair) -> str | dict[str, str]:
        if isinstance(text, str):
            return self.gettext(text)
        one, many = text
        plural = self.locale.plural_form
        counts = {plural(n): n for n in (1, 2)}
        return {category: self.ngettext(one, many, n) for category, n in counts.items()} | {
            "other": self.ngettext(one, many, 2)
        }


@dataclass(frozen=True, slots=True)
class Languages:
    """All languages of this process, by tag."""

    by_tag: dict[str, Words]

    @property
    def offered(self) -> tuple[Words, ...]:
        """In the order of the buttons."""
        return tuple(self.by_tag.values())

    def only(self, tags: Sequence[str], setting: str) -> Self:
        """These languages in this order, as ``setting`` names them, and those of tests where they were loaded.

        Raises: Misconfigured (bad_language) for a tag there is no catalogue for, or none at all.
        """
        unknown = [tag for tag in tags if tag not in LANGUAGES]
        if unknown or not tags:
            raise Misconfigured(
                "bad_language",
                f"{setting} has no language {unknown[0][:20]}" if unknown else f"{setting} is empty",
                f"There are {', '.join(LANGUAGES)}.",
            )
        return type(self)({tag: self.by_tag[tag] for tag in [*tags, *PSEUDO] if tag in self.by_tag})

    def of(self, tag: str) -> Words:
        """The language of that tag; where there is none English, or the first."""
        return self.by_tag.get(tag) or self.by_tag.get(DEFAULT) or self.offered[0]

    def negotiate(self, accept: str | None) -> str:
        """The tag of the language a browser's ``Accept-Language`` asks for first, among those there are; else English, or the first.

        Source: RFC 9110 section 12.5.4, ranges by their weight; a Chinese without script is told by its region (CLDR likely subtags).
        """
        for asked in _ranges(accept or ""):
            tag = _nearest(asked, self.by_tag)
            if tag is not None:
                return tag
        return self.of(DEFAULT).tag


@dataclass(frozen=True, slots=True)
class Domain:
    """The catalogues of one room: ``<package>/locale/<language>/<name>.po``. scripts: what its scripts say, by page and key."""

    package: str
    name: str
    scripts: Mapping[str, Mapping[str, str | Pair]] = field(default_factory=dict, repr=False)

    def load(self, *, pseudo: bool = False) -> Languages:
        """Read every catalogue. Done once, when the process starts. pseudo: the two languages of tests too."""
        languages = {}
        for tag, name in LANGUAGES.items():
            locale = Locale.parse(FORMATS[tag])
            languages[tag] = Words(tag, name, locale.text_direction, locale, self.catalogue(tag), self.scripts)
        if pseudo:
            for tag, (name, dress) in PSEUDO.items():
                direction, locale = "rtl" if tag.startswith("ar") else "ltr", Locale.parse("en_GB")
                languages[tag] = Words(tag, name, direction, locale, Pseudo(dress), self.scripts, dress)
        return Languages(languages)

    def catalogue(self, tag: str) -> NullTranslations:
        """The sentences of a language as gettext gives them out; what is empty or marked fuzzy is not among them."""
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(self.source(tag).encode()), locale=FORMATS[tag]))
        compiled.seek(0)
        return Translations(compiled)

    def source(self, tag: str) -> str:
        """The text of a language's catalogue, "" where there is none yet."""
        path = files(self.package) / "locale" / tag.replace("-", "_") / f"{self.name}.po"
        return path.read_text("utf-8") if path.is_file() else ""

    def reviewed_by(self, tag: str) -> str:
        """Who read the whole catalogue and vouches for it, as its head says; empty while nobody has. For staff, not for her."""
        return reviewer_in(self.source(tag))


def reviewer_in(catalogue: str) -> str:
    """Whom the head of a catalogue names as its reviewer, "" for nobody."""
    found = REVIEWED.search(catalogue)
    name = found[1].strip() if found else NOBODY
    return "" if name == NOBODY else name


def install(environment: Environment, words: Words) -> None:
    """Make a Jinja environment speak that language: ``trans``, ``_``, ``ngettext``, ``pgettext``, and the globals ``words`` and ``said``."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it, which no type tells
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext
    )
    environment.globals.update(words=words, said=words.said)


def _ranges(accept: str) -> Iterable[list[str]]:
    """The subtags of each language asked for, in lower case, the most wanted first. What is no range is passed over."""
    weighed = []
    for number, part in enumerate(accept[:ACCEPT_CHARS_MAX].split(",")[:RANGES_MAX]):
        found = re.fullmatch(
            r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", part
        )
        if found and (weight := float(found[2] or 1)) > 0:
            weighed.append((-weight, number, found[1].lower().split("-")))
    return (subtags for _, _, subtags in sorted(weighed))


def _nearest(asked: list[str], there: Iterable[str]) -> str | None:
    """The tag among ``there`` that a reader of ``asked`` reads."""
    known = {tag.lower(): tag for tag in there}
    if exact := known.get("-".join(asked)):
        return exact
    if asked[0] in {"zh", "cmn", "yue"}:
        is_traditional = "hans" not in asked and bool(TRADITIONAL & set(asked))
        return known.get("zh-hant" if is_traditional else "zh-hans")
    return known.get({"zsm": "ms"}.get(asked[0], asked[0]))
