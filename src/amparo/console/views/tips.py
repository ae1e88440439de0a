"""The pages of sealed tips: how many there are, asking for one to be opened, and one that two opened. Every read is logged.

Until another of the staff has agreed nothing of a tip is shown but when it came and in which language.
"""

from typing import Final

from starlette.responses import Response

from amparo.cases.model import CaseRecord
from amparo.cases.words import Words
from amparo.console.door import Door
from amparo.console.views.cases import lines_of
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput
from amparo.intake.model import TEXT_CHARS_MAX

PAGE: Final = 50


def listed(visit: Visit) -> Response:
    """The list."""
    visit.doors.tips.ready(visit.staff)
    return _list(visit)


def _list(visit: Visit, error: AmparoError | None = None) -> Response:
    tips = visit.doors.tips
    found = tips.work.listed(visit.place_in("before"), PAGE + 1)
    return visit.page(
        "tips",
        error,
        tips=found[:PAGE],
        more=f"/tips?before={found[PAGE - 1].number}" if len(found) > PAGE else "",
        open_until=tips.work.open_until(visit.staff.id),
        asked=tips.asked([one.uid for one in found[:PAGE]]),
        has_key=bool(visit.doors.staff.keys_of(visit.staff, "tips")),
    )


def ask(visit: Visit) -> Response:
    """Ask for one to be opened, with a reason that the other will read."""
    uid, reason = visit.args["uid"], visit.form.one("reason").strip()
    visit.doors.tips.work.check(uid)
    try:
        if not reason:
            raise BadInput("bad_reason", "no reason was given", "Say why.")
        visit.doors.tips.ask(visit.staff, uid, reason)
    except AmparoError as error:
        return _list(visit, error)
    return visit.see("/tips", "opening_asked")


def one(visit: Visit) -> Response:
    """A tip that is open for who asks. Raises: NotFound (unknown_case), Refused (tip_closed)."""
    return _page(visit, visit.doors.tips.work.tip(visit.args["uid"], visit.staff.id))


def reply(visit: Visit) -> Response:
    """Show the answer as it will be seen, or send it."""
    work, uid, text = visit.doors.tips.work, visit.args["uid"], visit.form.one("text")
    record = work.tip(uid, visit.staff.id)
    try:
        if visit.form.act != "send":
            return _page(visit, record, typed=text, preview=text.strip())
        work.reply(uid, visit.staff.id, text)
    except AmparoError as error:
        return _page(visit, record, error, typed=text)
    return visit.see(f"/tips/{uid}", "reply_sent")


def _page(
    visit: Visit, record: CaseRecord, error: AmparoError | None = None, typed: str = "", preview: str = ""
) -> Response:
    staff, uid = visit.doors.staff, record.summary.uid
    staff.record.log_read(visit.staff, "tip", uid)
    words = Words([*staff.keys_of(visit.staff, "tips"), *staff.keys_of(visit.staff, "desk")])
    told = [(each, words.of(each.sealed)) for each in record.messages]
    entered_by = record.summary.entered_by
    return visit.page(
        "tip",
        error,
        record=record,
        one=record.summary,
        messages=told,
        happened_here=lines_of(visit),
        words=words,
        until=visit.doors.tips.work.open_until(visit.staff.id).get(uid),
        helper=None if entered_by is None else visit.doors.casework.helper(entered_by),
        chars_max=TEXT_CHARS_MAX,
        typed=typed,
        preview=preview,
    )


DOORS: Final = (
    Door("GET", "/tips", "tips.open", listed),
    Door("GET", "/tips/{uid}", "tips.open", one),
    Door("POST", "/tips/{uid}/open", "tips.open", ask),
    Door("POST", "/tips/{uid}/message", "tips.open", reply),
)
