"""`amparo case`: the desk's people list, read, reply, make a new receipt; sealed words open by the passphrase alone."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.app.doorstep import alone
from amparo.cli.main import main
from amparo.intake.home import Opened
from amparo.intake.model import Contact, ContactBody, MessageBody
from amparo.intake.proofs import Later, proved
from amparo.intake.sending import Bound, put_envelope
from amparo.sealing.age import new_identity, seal
from amparo.sealing.keys import desk_recipient
from tests.integration.desk import file
from tests.integration.installed import PASSPHRASE, Installed, environ, installed
from tests.integration.intake import answered, consent

ESCAPE = "\x1b]0;owned\x07"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    for name, value in environ(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b""), "utf-8"))
    with installed(tmp_path) as house:
        yield house


@pytest.fixture
def command(house: Installed, capfd: pytest.CaptureFixture[str]):
    def run(*words: str, status: int = 0) -> tuple[str, str]:
        capfd.readouterr()
        assert main(["case", *words, "--data", str(house.folder)]) == status
        told = capfd.readouterr()
        return told.out, told.err

    return run


def proved_by(opened: Opened, body: Later) -> Later:
    """As a portal in other hands can have it while she is there."""
    return proved(body, opened.case_uid, opened.identity)


def test_a_case_is_listed_and_shown(house: Installed, command, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = [consent("match"), consent("desk")]
    places = {"names": "the group", "addresses": "https://example.test/a"}
    hers, _ = house.sent(file(1), file(2, quality=10), consents=agreed, **places)
    house.portal.write_message(hers, "please be quick\nand quiet")
    house.portal.set_contact(hers, Contact(channel="mail to a friend", may_leave_message=True))
    house.work()
    house.origins(1)
    house.work()
    (told,) = [json.loads(line) for line in command("list", "--jsonl")[0].splitlines()]
    assert (told["number"], told["uid"], told["kind"], told["files"]) == (1, hers.case_uid, "case", {"listed": 2})
    for name in ("1", hers.case_uid):
        shown = json.loads(command("show", name, "--jsonl")[0])
        assert shown["places"] == ["https://example.test/a", "the group"]
        assert [(one["from"], one["text"]) for one in shown["messages"]] == [("person", "please be quick\nand quiet")]
        assert (shown["contact"]["channel"], shown["contact"]["may_leave_message"]) == ("mail to a friend", True)
        assert [(one["file"], one["state"], one["reason"]) for one in shown["items"]] == [
            (1, "listed", ""),
            (2, "listed", "low_detail"),
        ]
        assert [(one["client"], one["times"]) for one in shown["items"][0]["matches"]] == [("site", 1)]
        assert shown["is_sealed"] is False
        assert {one["purpose"]: one["given"] for one in shown["consents"]} == {"match": True, "desk": True}
        assert [one["what"] for one in shown["timeline"]][:2] == ["sent", "taken: 2 of 2 files listed"]
    assert "please be quick\n\tand quiet" in command("show", "1")[0]

    monkeypatch.delenv("AMPARO_DESK_PASSPHRASE")
    out, err = command("show", "1", "--jsonl")
    assert json.loads(out)["is_sealed"] is True
    assert json.loads(out)["messages"][0]["text"] is None
    assert "quick" not in command("show", "1")[0]
    assert "AMPARO_DESK_PASSPHRASE" in err
    monkeypatch.setenv("AMPARO_DESK_PASSPHRASE", "not that one, another")
    assert "does not open the desk key" in command("show", "1", status=2)[1]
    monkeypatch.setenv("AMPARO_DESK_PASSPHRASE", PASSPHRASE)


def test_many_are_listed_newest_first_and_sealed_tips_only_counted(house: Installed, command) -> None:
    for about, child in (("group", "no"), ("person", "yes"), ("camera", "unsure")):
        draft = answered(tip={"about": about, "names_child": child, "words": "who"})
        house.portal.submit_tip(house.portal.begin(draft), draft)
    house.sent(file(1))
    house.work()
    out, err = command("list")
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["4", "case"], ["1", "tip"]]
    assert "2 sealed tips" in err
    assert command("show", "2", status=2)[0] == ""
    assert command("show", "77", status=2)[0] == ""


def test_sealed_tips_are_listed_and_read_by_who_has_the_passphrase(
    house: Installed, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for child in ("yes", "no"):
        draft = answered(tip={"about": "person", "names_child": child, "words": f"names a child: {child}"})
        house.portal.submit_tip(house.portal.begin(draft), draft)
    house.work()
    (line,) = command("sealed")[0].splitlines()
    told = json.loads(command("sealed", "--jsonl")[0])
    assert line.split("\t")[0] == told["uid"]
    assert told["number"] not in {json.loads(one)["number"] for one in command("list", "--jsonl")[0].splitlines()}
    assert "names a child: yes" in command("show", told["uid"])[0]
    monkeypatch.setenv("AMPARO_DESK_PASSPHRASE", "not that one, another")
    assert command("sealed", status=2)[0] == ""
    monkeypatch.delenv("AMPARO_DESK_PASSPHRASE")
    out, err = command("sealed", status=2)
    assert (out, "passphrase" in err) == ("", True)


def test_a_renewed_desk_key_reads_on_and_a_running_service_keeps_it(
    house: Installed, command, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hers, _ = house.sent(file(1))
    house.portal.write_message(hers, "before the renewal")
    house.work()

    def renew(status: int, *words: str) -> str:
        assert main(["desk-key", "renew", *words, "--data", str(house.folder)]) == status
        return capfd.readouterr().err

    (house.folder / "run").mkdir(exist_ok=True)
    with alone(house.folder / "run"):
        assert "another Amparo runs" in renew(2)
    said = re.search(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){5}", renew(0))
    assert said is not None
    assert "does not open" in command("show", "1", status=2)[1]
    monkeypatch.setenv("AMPARO_DESK_PASSPHRASE", said[0])
    assert "before the renewal" in command("show", "1")[0]
    monkeypatch.delenv("AMPARO_DESK_PASSPHRASE")
    assert "--lost" in renew(2)
    assert "desk.key.lost" in renew(0, "--lost")


def test_a_reply_reaches_her_and_comes_from_stdin_too(
    house: Installed, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers, _ = house.sent(file(1))
    house.work()
    _, err = command("reply", "1", "we wrote to them")
    assert "when the service runs" in err
    house.work()
    assert [(one.direction, one.text) for one in house.portal.home(hers).messages] == [("desk", "we wrote to them")]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("둘째 줄\n".encode()), "utf-8"))
    command("reply", "1", "-")
    house.work()
    assert house.portal.home(hers).messages[-1].text == "둘째 줄"
    for words in ("", "x" * 5_001):
        command("reply", "1", words, status=2)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), "utf-8"))
    command("reply", "1", "-", status=2)
    command("reply", "9", "x", status=2)


def test_a_new_receipt_opens_the_case_and_the_old_dies(house: Installed, command) -> None:
    hers, old = house.sent(file(1))
    house.work()
    command("reply", "1", "we wrote to them")
    house.work()
    out, err = command("receipt", "1")
    new = out.strip()
    assert len(new) == 16
    assert new.isdigit()
    assert new not in err
    assert "is it her?" in err
    house.work()
    assert house.portal.open(old) is None
    again = house.opened(new)
    assert again.case_uid == hers.case_uid
    assert [one.text for one in house.portal.home(again).messages] == ["we wrote to them"], "sealed anew for her"
    third = command("receipt", "1")[0].strip()
    house.work()
    assert house.portal.open(new) is None
    command("reply", "1", "for the new one")
    house.work()
    assert house.portal.home(house.opened(third)).messages[-1].text == "for the new one"
    log = json.loads(command("show", "1", "--jsonl")[0])["timeline"]
    assert [one["cause"] for one in log if "new receipt" in one["what"]] == ["receipt:1", "receipt:2"]


def test_without_the_passphrase_a_new_receipt_says_what_stays_closed(
    house: Installed, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.sent(file(1))
    house.work()
    command("reply", "1", "we wrote to them")
    monkeypatch.delenv("AMPARO_DESK_PASSPHRASE")
    out, err = command("receipt", "1")
    assert "stays closed to her" in err
    house.work()
    assert house.portal.home(house.opened(out.strip())).files[0].number == 1


def test_words_cannot_steer_a_terminal(house: Installed, command) -> None:
    """The portal cleans what it seals; a portal in other hands does not."""
    hers, _ = house.sent(file(1))
    recipient = desk_recipient(house.folder / "secrets")
    with house.loop.side.db.write() as connection:
        body = proved_by(hers, MessageBody("a" * 32, seal(f"hello {ESCAPE}there\u202e".encode(), [recipient])))
        put_envelope(connection, "message", hers.case_uid, body, Bound(100, 1))
    house.work()
    out = command("show", "1")[0]
    assert "hello" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_nor_can_the_words_of_a_contact(house: Installed, command) -> None:
    """In JSON a control character may be written so that none stands there until it is read."""
    hers, _ = house.sent(file(1))
    recipient = desk_recipient(house.folder / "secrets")
    words = json.dumps({"channel": f"call {ESCAPE}me", "name": "x\ntimeline\tforged"})
    assert "\x1b" not in words
    with house.loop.side.db.write() as connection:
        body = proved_by(hers, ContactBody(seal(words.encode(), [recipient])))
        put_envelope(connection, "contact", hers.case_uid, body, Bound(100, 1))
    house.work()
    for out in (command("show", "1")[0], command("show", "1", "--jsonl")[0]):
        assert "call " in out
        assert "\x1b" not in out
        assert "\\u001b" not in out
    assert [line for line in command("show", "1")[0].splitlines() if line.startswith("timeline\tforged")] == []


def test_what_she_did_not_let_the_desk_read_is_not_read(house: Installed, command) -> None:
    """Her page says that nobody of the team reads it; what she writes to the team later is read, and she is told so."""
    hers, _ = house.sent(file(1), names="the group", addresses="")
    house.portal.write_message(hers, "please be quick")
    house.work()
    assert "the group" not in command("show", "1")[0]
    shown = json.loads(command("show", "1", "--jsonl")[0])
    assert (shown["places"], shown["may_read_places"]) == ([None], False)
    assert shown["messages"][0]["text"] == "please be quick"


def test_a_message_that_no_longer_opens_stops_no_new_receipt(house: Installed, command) -> None:
    """The old number died, and the new one was never said: one message to an earlier desk key shut her out for good."""
    house.sent(file(1))
    house.work()
    with house.rooms.db.write() as connection:
        sealed = seal(b"lost", [new_identity().recipient])
        rows = "INSERT INTO case_message VALUES ('%032x', 1, 'desk', %s, 1)"
        literal = f"X'{sealed.hex()}'" if house.rooms.db.is_file else f"'\\x{sealed.hex()}'::bytea"
        connection.exec_driver_sql(rows % (7, literal))
    command("reply", "1", "we wrote to them")
    house.work()
    new = command("receipt", "1")[0].strip()
    house.work()
    assert [one.text for one in house.portal.home(house.opened(new)).messages] == [None, "we wrote to them"]
