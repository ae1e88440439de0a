"""Reports that platforms pass on: their words are sealed to staff before anything is kept. Opens none."""

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api import action_shapes, bodies
from amparo.api.doors import Doors
from amparo.api.problems import answer
from amparo.errors import BadInput, Unavailable
from amparo.review.reporting import REASONS, Report
from amparo.sealing.age import seal

WORDS_CHARS_MAX = 4_000
REASON_CHARS_MAX = 200
OTHER = "other"


async def new_report(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/reports: work for staff, in the name of the key's client."""
    limits = doors.settings
    sent = await bodies.json_body(request, action_shapes.ReportIn, limits.json_bytes_max, limits.body_ms_max)

    def taken() -> int:
        """The number of the report, durable."""
        report = Report(sent.item_id, sent.reason if sent.reason in REASONS else OTHER, _sealed(sent, doors))
        return doors.reports.take(principal.client_id, principal.client, report)

    return answer(action_shapes.ReportOut(report_id=await run_sync(taken)), 201)


def _sealed(sent: action_shapes.ReportIn, doors: Doors) -> bytes | None:
    """What somebody wrote, sealed. Raises: BadInput (bad_words), Unavailable (no_reader)."""
    said = {"words": sent.words, "where": sent.where, "reported_by": sent.reported_by}
    if sent.reason not in REASONS:
        said["reason"] = sent.reason
    told = {name: text for name, text in said.items() if text and text.strip()}
    for name, text in (("reason", sent.reason), ("reported_by", sent.reported_by or "")):
        if len(text) > REASON_CHARS_MAX or not text.isprintable():
            raise BadInput(
                "bad_words", f"{name} is at most {REASON_CHARS_MAX} characters on one line", "Put the rest into words."
            )
    if not sent.reason:
        raise BadInput("bad_words", "reason is empty", f"One of {', '.join(REASONS)}.")
    if any(len(text or "") > WORDS_CHARS_MAX or "\0" in (text or "") for text in said.values()):
        raise BadInput(
            "bad_words", f"words, where and reported_by are at most {WORDS_CHARS_MAX} characters each", "Send less."
        )
    if not told:
        return None
    readers = doors.readers()
    if not readers:
        raise Unavailable("no_reader", "there is no key yet to which words could be sealed", "The service's first start makes one; or send the report without words.")  # fmt: skip
    return seal(msgspec.json.encode(told), readers)
