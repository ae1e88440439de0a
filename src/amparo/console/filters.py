"""How values stand on a page, in the language of its words: instants, days, numbers, how long. Judges no value."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_timedelta
from markupsafe import Markup, escape

from amparo.terms.clock import to_us
from amparo.web.words import Words

NEVER: Final = "\N{EN DASH}"
ELLIPSIS: Final = "…"
SHORT_CHARS: Final = 12


def moment(words: Words) -> Callable[[datetime | None], str]:
    """An instant with its day; ``static/times.js`` puts the reader's own zone in its place. None is a dash."""

    def shown(at: datetime | None) -> str:
        if at is None:
            return NEVER
        iso = at.isoformat(timespec="seconds").replace("+00:00", "Z")
        told = words.moment(to_us(at))
        return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, told, told)

    return shown


def day(words: Words) -> Callable[[date | datetime], str]:
    """A day, written out."""

    def shown(at: date | datetime) -> str:
        midday = at if isinstance(at, datetime) else datetime.fromisoformat(f"{at.isoformat()}T12:00:00+00:00")
        return Markup('<time datetime="{}">{}</time>').format(midday.date().isoformat(), words.day(to_us(midday)))

    return shown


def number(words: Words) -> Callable[[int], str]:
    """A whole number with the separators of the language."""
    return words.number


def lasting(words: Words) -> Callable[[float], str]:
    """A number of seconds in the unit that fits it, as ``3 hours``."""

    def shown(seconds: float) -> str:
        return words.dress(format_timedelta(timedelta(seconds=seconds), threshold=1.2, locale=words.locale))

    return shown


def until(words: Words) -> Callable[[datetime, datetime], str]:
    """How long from now it is to an instant, or since it, as ``in 3 hours`` or ``2 days ago``."""

    def shown(at: datetime, now: datetime) -> str:
        return words.dress(format_timedelta(at - now, threshold=1.2, add_direction=True, locale=words.locale))

    return shown


def short(_words: Words) -> Callable[[str], str]:
    """The beginning of a long name such as a hash; the whole stands in its title."""

    def shown(text: str) -> str:
        if len(text) <= SHORT_CHARS + 1:
            return str(escape(text))
        return Markup('<span class="code" title="{}">{}</span>').format(text, text[:SHORT_CHARS] + ELLIPSIS)

    return shown


FILTERS: Final[Mapping[str, Callable[[Words], Callable[..., object]]]] = {
    "moment": moment,
    "day": day,
    "number": number,
    "lasting": lasting,
    "until": until,
    "short": short,
}
