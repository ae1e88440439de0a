"""One's own sessions, ways in and keys: what signs one in is changed just after signing in, any one session can be ended, and a passphrase has few tries."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pyotp
import pytest

from amparo.access.staff_model import ATTEMPTS_NAME_MAX, ATTEMPTS_US, FRESH_US, STAFF_MATRIX, STAFF_ROLES
from amparo.errors import BadInput
from amparo.sealing.age import Identity, new_identity
from amparo.sealing.keys import make_desk_key
from amparo.store.db import Database
from tests.conftest import SetClock
from tests.console import Desk, at, doors_of, view_of
from tests.integration.ledger import refused
from tests.integration.staffing import Office, office
from tests.ledgers import LEDGERS
from tests.passkeys import SoftKey

PASSWORD = "four words nobody says"
ENDS = re.compile(r'name="session" value="([0-9a-f]{64})"')


@pytest.fixture
def here(tmp_path: Path, clock: SetClock) -> Iterator[Office]:
    db = Database(LEDGERS.url(tmp_path))
    yield office(db, clock)
    db.close()


@pytest.fixture
async def desk(here: Office, clock: SetClock) -> AsyncIterator[Callable[[str], Desk]]:
    async with at(doors_of(here.staff, signing=here.signing, clock=clock)) as made:
        yield made


def late(clock: SetClock) -> None:
    clock.forward(microseconds=FRESH_US + 1)


def test_what_signs_one_in_is_changed_within_five_minutes_of_signing_in(here: Office, clock: SetClock) -> None:
    ann, signing, key = here.join("admin", "ann"), here.signing, SoftKey(prf_seed=b"2")
    clock.forward(microseconds=FRESH_US)
    asked, wanted = signing.begin_another_passkey(ann), signing.begin_own_code(ann)
    clock.forward(microseconds=1)
    assert not signing.is_fresh(ann)
    [first] = signing.passkeys(ann)
    refused("not_fresh", signing.begin_another_passkey, ann)
    refused("not_fresh", signing.finish_another_passkey, ann, asked.token, key.make(asked.options), "")
    refused("not_fresh", signing.drop_passkey, ann, first.id)
    refused("not_fresh", signing.begin_own_code, ann)
    now = pyotp.TOTP(wanted.secret).at(clock.now())
    refused("not_fresh", signing.set_password, ann, wanted.token, PASSWORD, now)
    refused("not_fresh", signing.drop_password, ann)
    assert (signing.passkeys(ann), signing.has_password(ann)) == ([first], False)
    again = here.sign_in("ann")
    assert signing.is_fresh(again)
    assert not signing.is_fresh(ann), "another session's sign-in makes this one no fresher"
    asked = signing.begin_another_passkey(again)
    signing.finish_another_passkey(again, asked.token, key.make(asked.options), "")
    signing.drop_passkey(again, first.id)
    assert len(signing.passkeys(again)) == 1


def test_a_session_that_was_ended_is_not_fresh(here: Office) -> None:
    ann = here.join("admin", "ann")
    here.staff.end_own_session(ann, ann.session)
    assert not here.signing.is_fresh(ann)


async def test_the_pages_say_that_one_signs_in_once_more_and_change_nothing(
    here: Office, desk, clock: SetClock
) -> None:
    here.join("lead", "ann")
    ann = desk(here.tokens["ann"])
    assert "data-not-fresh" not in (await ann.get("/settings")).text
    late(clock)
    page = (await ann.get("/settings")).text
    assert "data-not-fresh" in page
    assert 'href="/sign-in"' in page
    for answer in (
        await ann.post("/settings", act="drop-passkey", passkey="1"),
        await ann.post("/settings", act="drop-password"),
        await ann.get("/settings/password"),
        await ann.post("/settings/password", asked="x", password=PASSWORD, code="000000"),
    ):
        assert (answer.status_code, view_of(answer.text)) == (403, "settings")
        assert "please sign in once more" in answer.text
    told = await ann.posted_json("/settings/passkeys/begin", {})
    assert (told.status_code, told.json()["slug"]) == (403, "not_fresh")


async def test_any_one_of_ones_own_sessions_can_be_ended_and_nobody_elses(here: Office, desk) -> None:
    first = here.join("lead", "ann").session
    second, third = here.sign_in("ann").session, here.sign_in("ann").session
    ben = here.join("lead", "ben").session
    ann = desk(here.tokens["ann"])
    assert set(ENDS.findall((await ann.get("/settings")).text)) == {first.hex(), second.hex()}
    for name in (ben.hex(), "0" * 64, "", "x" * 64, first.hex().upper()):
        answer = await ann.post("/settings", act="end-session", session=name)
        assert (answer.status_code, view_of(answer.text)) == (404, "settings")
    assert (await ann.post("/settings", act="end-session", session=first.hex())).status_code == 303
    assert {one.digest for one in here.staff.sessions(here.principal("ann"))} == {second, third}
    assert here.principal("ben").name == "ben"
    again = await ann.post("/settings", act="end-session", session=first.hex())
    assert again.status_code == 404
    assert "It may be over already." in again.text


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 19, "\u00b2", "-1", "1.0", ""])
async def test_what_is_no_number_of_a_passkey_is_none(here: Office, desk, number: str) -> None:
    here.join("lead", "ann")
    answer = await desk(here.tokens["ann"]).post("/settings", act="drop-passkey", passkey=number)
    assert answer.status_code == 404


# --- the desk key by its passphrase


class Safe:
    """Opens by one passphrase, and counts how often it was tried."""

    def __init__(self) -> None:
        self.key, self.tries = new_identity(), 0

    def tried(self, passphrase: str) -> Callable[[], list[Identity]]:
        def opened() -> list[Identity]:
            self.tries += 1
            if passphrase != PASSWORD:
                raise BadInput("wrong_passphrase", "the passphrase does not open the desk key", "Type it again.")
            return [self.key]

        return opened


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_passphrase_is_tried_for_those_alone_who_may_hold_the_key(here: Office, role: str) -> None:
    safe, who = Safe(), here.join(role)
    if "cases.read" in STAFF_MATRIX[role]:
        here.signing.open_key(who, "desk", safe.tried(PASSWORD))
        assert [one.recipient for one in here.staff.keys_of(who, "desk")] == [safe.key.recipient]
    else:
        for passphrase in (PASSWORD, "wrong"):
            refused("staff_role", here.signing.open_key, who, "desk", safe.tried(passphrase))
        assert (safe.tries, here.staff.holders("desk")) == (0, {})


def test_a_passphrase_has_few_tries_each_counted_for_who_tries(here: Office, clock: SetClock) -> None:
    safe, open_key = Safe(), here.signing.open_key
    ann, ben = here.join("caseworker", "ann"), here.join("caseworker", "ben")
    for _ in range(ATTEMPTS_NAME_MAX + 1):
        open_key(ann, "desk", safe.tried(PASSWORD))  # what succeeds is forgotten
    safe.tries = 0
    for _ in range(ATTEMPTS_NAME_MAX):
        refused("wrong_passphrase", open_key, ann, "desk", safe.tried("wrong"))
    for passphrase in ("wrong", PASSWORD):
        refused("passphrase_tries", open_key, ann, "desk", safe.tried(passphrase))
    assert safe.tries == ATTEMPTS_NAME_MAX
    open_key(ben, "desk", safe.tried(PASSWORD))
    here.sign_in("ann")  # it holds up no way in
    clock.forward(microseconds=ATTEMPTS_US)
    open_key(ann, "desk", safe.tried(PASSWORD))


@pytest.mark.once
async def test_the_page_opens_the_key_and_says_when_its_passphrase_was_tried_too_often(
    here: Office, clock: SetClock, tmp_path: Path
) -> None:
    key = make_desk_key(tmp_path / "secrets", PASSWORD)
    ann = here.join("caseworker", "ann")
    here.join("auditor", "aud")
    services = {"signing": here.signing, "clock": clock, "desk_folder": tmp_path / "secrets"}
    async with at(doors_of(here.staff, **services)) as made:
        desk = made(here.tokens["ann"])
        for passphrase in (PASSWORD, "wrong"):
            answer = await made(here.tokens["aud"]).post("/settings", act="desk-key", passphrase=passphrase)
            assert (answer.status_code, "Your role does not allow this." in answer.text) == (403, True)
        wrong = await desk.post("/settings", act="desk-key", passphrase="another passphrase")
        assert (wrong.status_code, "does not open the desk key" in wrong.text) == (400, True)
        saved = await desk.post("/settings", act="desk-key", passphrase=PASSWORD)
        assert saved.headers["location"] == "/settings?said=saved"
        assert [one.recipient for one in here.staff.keys_of(ann, "desk")] == [key.recipient]
        for _ in range(ATTEMPTS_NAME_MAX - 1):  # one failed above
            refused("wrong_passphrase", here.signing.open_key, ann, "desk", Safe().tried("wrong"))
        over = await desk.post("/settings", act="desk-key", passphrase=PASSWORD)
        assert (over.status_code, over.headers["retry-after"]) == (429, str(ATTEMPTS_US // 1_000_000))
        assert "This passphrase was tried too often." in over.text
