"""What stands behind the exit: a calendar of this month, in her language, without a word of the portal. Knows no session."""

import calendar
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_skeleton, get_day_names


@dataclass(frozen=True, slots=True)
class Month:
    """One month as a table. title: ``November 2026``. days: the names of a week, short and whole. weeks: 7 numbers each, 0 for none."""

    title: str
    days: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[int, ...], ...]


def month_of(day: date, locale: Locale) -> Month:
    """The month of ``day``, its weeks begun as is usual where the language is spoken (CLDR)."""
    first = locale.first_week_day
    short, whole = get_day_names("abbreviated", locale=locale), get_day_names("wide", locale=locale)
    order = [(first + number) % 7 for number in range(7)]
    weeks = calendar.Calendar(first).monthdayscalendar(day.year, day.month)
    return Month(
        title=format_skeleton("yMMMM", day, locale=locale),
        days=tuple((short[number], whole[number]) for number in order),
        weeks=tuple(tuple(week) for week in weeks),
    )
