"""The calendar behind the exit: each month whole, its weeks as they are begun where the language is spoken."""

from datetime import date

import pytest
from babel import Locale

from amparo.portal.neutral import month_of

NOVEMBER = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("name", "title", "first"),
    [
        ("en_GB", "November 2026", "Monday"),
        ("zh_Hans_CN", "2026年11月", "星期一"),
        ("zh_Hant_TW", "2026年11月", "星期日"),
        ("ko_KR", "2026년 11월", "일요일"),
        ("ms_MY", "November 2026", "Isnin"),
    ],
)
def test_it_speaks_her_language(name, title, first):
    month = month_of(NOVEMBER, Locale.parse(name))
    assert (month.title, month.days[0][1]) == (title, first)


@pytest.mark.parametrize("number", range(1, 13))
def test_every_day_stands_once_under_its_name(number):
    month = month_of(date(2028, number, 1), Locale.parse("en_GB"))
    days = [day for week in month.weeks for day in week if day]
    assert days == list(range(1, len(days) + 1))
    assert all(len(week) == 7 for week in month.weeks)
    at = month.weeks[0].index(1)
    assert month.days[at][1] == date(2028, number, 1).strftime("%A")
