"""`amparo case list|sealed|show|reply|receipt`: the desk's tools over a data folder, beside the console. Decides nothing itself."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import asdict, replace

from amparo.app.intake import receipts_of, secrets_of
from amparo.app.rooms import Rooms, opened
from amparo.app.word import heard, place_of
from amparo.cases.model import CaseRecord, Summary, may_answer, may_read_places
from amparo.cases.service import Cases
from amparo.cases.words import Words, sealed_again
from amparo.cli.options import asked_passphrase, data_option, emit, jsonl_option, put, say
from amparo.errors import BadInput
from amparo.intake.home import contact_in
from amparo.intake.model import TEXT_CHARS_MAX, Contact
from amparo.intake.receipts import shown
from amparo.intake.texts import cleaned
from amparo.sealing.age import Identity
from amparo.sealing.keys import desk_recipient, open_desk_keys, tips_recipient
from amparo.sealing.proof import signer_of
from amparo.terms.clock import from_us, to_text, to_us

PAGE = 500
WAIT_S = 10.0
SEALED = "(sealed)"
UNREAD = "(she did not agree that the desk reads it)"
ASK_FIRST = (
    "before you hand it over: is it her? Call back on the safe contact she left, never on one that the caller names;",
    "ask what only she and the desk know (how many files, on which day, which places), and take no hints for an answer;",
    "read the number out twice, let her read it back, leave it on no mailbox and in no chat; the old number opens nothing now",
)


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("case", help="what persons sent by the portal").add_subparsers(required=True)
    listed = verbs.add_parser("list", help="cases and tips, newest first; sealed tips are only counted")
    tips = verbs.add_parser("sealed", help="sealed tips, by uid: asks for the passphrase of the desk key first")
    one = verbs.add_parser("show", help="one case: its files, places, consents, messages, timeline")
    replied = verbs.add_parser("reply", help="leave her a message that her receipt opens")
    receipt = verbs.add_parser("receipt", help="a new receipt's number, alone on stdout; the old one dies")
    for parser in (one, replied, receipt):
        parser.add_argument("id", metavar="ID", help="its number or its uid")
    replied.add_argument(
        "text",
        metavar="TEXT",
        help="what to say; - reads it from stdin, so that no other user of this machine sees it among its processes",
    )
    for parser in (listed, tips, one):
        jsonl_option(parser)
    for parser, work in ((listed, _list), (tips, _sealed), (one, _show), (replied, _reply), (receipt, _receipt)):
        data_option(parser)
        parser.set_defaults(run=work)


def _list(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        cases = Cases(rooms.db, rooms.clock)
        for one in _paged(cases.cases):
            emit(_summary(one)) if wanted.jsonl else put(*_line(one))
        if sealed := cases.sealed_tips():
            say(f"{sealed} sealed tips stand in no list: they may name a child or a witness (`amparo case sealed`)")
        if asides := cases.asides():
            say(f"{len(asides)} things that came in could not be taken: `amparo doctor` says why")


def _sealed(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        if not _desk_keys(rooms):
            raise BadInput(
                "passphrase_missing",
                "sealed tips are listed for who has the passphrase of the desk key",
                "Set AMPARO_DESK_PASSPHRASE, or ask on a terminal.",
            )
        if tips_recipient(secrets_of(rooms.settings.deployment)):
            say(
                "since there is a tips key, two of the staff open them at the console (/tips); the passphrase opens those from before it"
            )
        for one in _paged(Cases(rooms.db, rooms.clock).sealed):
            emit(_summary(one)) if wanted.jsonl else put(one.uid, *_line(one)[1:-1])


def _paged(read: Callable[[int | None, int], list[Summary]]) -> Iterator[Summary]:
    before: int | None = None
    while found := read(before, PAGE):
        yield from found
        before = found[-1].number


def _show(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        record = Cases(rooms.db, rooms.clock).case(wanted.id)
        words = Words(_desk_keys(rooms))
        told = _record(record, words)
    if wanted.jsonl:
        emit(told)
    else:
        _put_record(record, told)
    if words.is_closed and words.asked:
        say("places and messages are sealed: set AMPARO_DESK_PASSPHRASE, or ask on a terminal")
    if words.damaged:
        say(f"{words.damaged} sealed texts could not be opened: they are damaged, or sealed to another desk key")


def _reply(wanted: argparse.Namespace) -> None:
    text = _from_stdin() if wanted.text == "-" else wanted.text
    with opened(wanted.data) as rooms:
        cases = Cases(rooms.db, rooms.clock)
        if not may_answer(cases.case(wanted.id)):
            say("she did not agree that the desk reads and answers, and wrote nothing: the console would not send this")
        cases.reply(wanted.id, text, desk_recipient(secrets_of(rooms.settings.deployment)))
        if _is_shown(rooms, cases, wanted.id):
            say("she finds it when she comes back with her receipt")
        else:
            say("kept; she finds it when the service runs and has shown it")


def _from_stdin() -> str:
    try:
        return sys.stdin.buffer.read(5 * TEXT_CHARS_MAX).decode()
    except UnicodeDecodeError:
        raise BadInput("bad_text", "the message on stdin is not UTF-8", "Save it as UTF-8.") from None


def _receipt(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        cases, receipts = Cases(rooms.db, rooms.clock), receipts_of(rooms.settings)
        record = cases.case(wanted.id)
        new = receipts.new(record.summary.uid, record.receipts + 1, to_us(rooms.clock.now()))
        keys = _desk_keys(rooms)
        again = sealed_again(
            record, keys, [new.receipt.recipient, desk_recipient(secrets_of(rooms.settings.deployment))]
        )
        cases.new_receipt(wanted.id, new.receipt, signer_of(new.identity.secret))
        cases.replace_messages(wanted.id, again)
        put(shown(new.digits) if sys.stdout.isatty() else new.digits)
        for line in ASK_FIRST:
            say(line)
        if not keys:
            say(
                "what the desk wrote before stays closed to her: without the desk's passphrase it could not be sealed anew"
            )
        say("the places and messages she sent under the old number stay closed to her; the desk has them")
        if not _is_shown(rooms, cases, wanted.id):
            say("it opens her case when the service runs and has shown it; until then the old one does")


def _is_shown(rooms: Rooms, cases: Cases, name: str) -> bool:
    """Whether the worker, where there is one, shows it within WAIT_S."""
    until = time.monotonic() + (WAIT_S if heard(place_of(rooms.data, "worker")) else 0)
    while not cases.is_shown(name):
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True


def _desk_keys(rooms: Rooms) -> list[Identity]:
    """What opens sealed texts, by the passphrase; nothing where none is given."""
    passphrase = asked_passphrase(rooms.settings.deployment, "empty: leave texts sealed")
    return open_desk_keys(secrets_of(rooms.settings.deployment), passphrase) if passphrase else []


def _summary(one: Summary) -> dict[str, object]:
    told: dict[str, object] = {
        "number": one.number,
        "uid": one.uid,
        "kind": one.kind,
        "opened_at": to_text(one.opened_at),
    }
    told |= {"age": one.age, "about": one.about, "language": one.language, "entered_by": one.entered_by}
    return told | {"bank": one.bank, "files": dict(one.states), "is_shown": one.is_shown}


def _line(one: Summary) -> tuple[object, ...]:
    states = " ".join(f"{count} {name}" for name, count in sorted(one.states.items()))
    about = one.age if one.kind == "case" else f"about: {one.about}"
    return one.number, one.kind, to_text(one.opened_at), about, one.language, states or "no files"


def _record(record: CaseRecord, words: Words) -> dict[str, object]:
    contact = None if record.contact is None else words.of(record.contact)
    may_read = may_read_places(record)
    told = {
        **_summary(record.summary),
        "happened": list(record.happened),
        "receipts_made_by_desk": record.receipts,
        "items": [
            {
                "file": one.number, "medium": one.medium, "state": one.state, "reason": one.reason, "cause": one.cause,
                "content_id": one.content_id, "at": to_text(one.at),
                "matches": [
                    {"client": met.client, "times": met.times, "last_event": met.last_event, "last_at": to_text(met.last_at)}
                    for met in one.matches
                ],
            }
            for one in record.items
        ],
        "places": [words.of(one) if may_read else None for one in record.places],
        "may_read_places": may_read,
        "consents": [
            {"purpose": one.purpose, "given": one.given, "text_version": one.text_version, "language": one.language,
             "at": to_text(from_us(one.at_us))}
            for one in record.consents
        ],
        "messages": [
            {"uid": one.uid, "from": one.direction, "at": to_text(one.at), "text": words.of(one.sealed)}
            for one in record.messages
        ],
        "wants_contact": record.contact is not None,
        "contact": None if contact is None else _contact(contact),
        "timeline": [{"at": to_text(one.at), "what": one.what, "cause": one.cause} for one in record.log],
    }  # fmt: skip
    return told | {"is_sealed": words.is_closed and words.asked > 0}


def _put_record(record: CaseRecord, told: dict[str, Any]) -> None:
    one = record.summary
    put(one.kind, one.number, one.uid)
    for name in ("opened_at", "age", "about", "language", "entered_by", "bank"):
        if told[name] is not None:
            put(name, told[name])
    if told["wants_contact"]:
        contact = told["contact"]
        put("contact", SEALED if contact is None else "; ".join(f"{name}: {value}" for name, value in asdict(contact).items() if value).replace("\n", "\n\t"))  # fmt: skip
    if record.happened:
        put("happened", " ".join(record.happened))
    for item in told["items"]:
        put("file", item["file"], item["medium"], item["state"], item["reason"], item["cause"], item["at"])
        for met in item["matches"]:
            put("matched", item["file"], met["client"], f"{met['times']} times", f"match_event:{met['last_event']}", met["last_at"])  # fmt: skip
    for place in told["places"]:
        put("place", _indented(place) if told["may_read_places"] else UNREAD)
    for consent in told["consents"]:
        put("consent", consent["purpose"], "yes" if consent["given"] else "no", consent["text_version"], consent["language"])  # fmt: skip
    for message in told["messages"]:
        put("message", message["from"], message["at"], _indented(message["text"]))
    for line in told["timeline"]:
        put("timeline", line["at"], line["what"], line["cause"])


def _contact(text: str) -> Contact | None:
    """How she may be reached, each of its words safe on a terminal: what stands in JSON may hide there what ``cleaned`` takes out."""
    found = contact_in(text)
    if found is None:
        return None
    words = {name: cleaned(value) for name, value in asdict(found).items() if isinstance(value, str)}
    return replace(found, **words)


def _indented(text: str | None) -> str:
    return SEALED if text is None else text.replace("\n", "\n\t")
