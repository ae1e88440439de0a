"""Accounts of staff: signing up and in by passkey or password and code, sessions, roles, keys handed over; and what attackers try."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from amparo.access.key_slots import Slots
from amparo.access.passkeys import PRF_SALT, Site
from amparo.access.signing import Newcomer, Signing
from amparo.access.staff import Staff
from amparo.access.staff_model import ATTEMPTS_NAME_MAX, ATTEMPTS_NETWORK_MAX, BEGUN_NETWORK_MAX, STAFF_ROLES
from amparo.sealing.age import new_identity, seal, unseal
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.conftest import SetClock
from tests.integration.ledger import refused
from tests.integration.staffing import NETWORK, SECRET, SITE, Office, office
from tests.ledgers import LEDGERS
from tests.passkeys import SoftKey

PASSWORD = "four words nobody says"
DESK = new_identity()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(LEDGERS.url(tmp_path))
    migrate(made, tmp_path / "lock")
    yield made
    made.close()


@pytest.fixture
def here(db: Database, clock: SetClock) -> Office:
    return office(db, clock)


def joined_by_password(here: Office, clock: SetClock, name: str = "pat", role: str = "admin") -> str:
    """Signs somebody up by password; the secret of their codes."""
    newcomer = Newcomer(here.staff.invite(role), name)
    asked = here.signing.begin_code(newcomer)
    here.tokens[name] = here.signing.finish_password(newcomer, asked.token, PASSWORD, code(asked.secret, clock))
    return asked.secret


def code(secret: str, clock: SetClock) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def test_each_role_signs_up_and_in_and_has_its_own_key(here: Office, clock: SetClock):
    for role in STAFF_ROLES:
        up = here.join(role)
        assert (up.name, up.role) == (role, role)
        again = here.sign_in(role)
        assert (again.id, again.identity) == (up.id, up.identity)
        assert again.session != up.session
    members = here.staff.members()
    assert [one.role for one in members] == list(STAFF_ROLES)
    sealed = seal(b"words", here.staff.recipients("cases.read"))
    assert unseal(sealed, here.principal("caseworker").identity) == b"words"
    refused("sealed_damaged", unseal, sealed, here.principal("reviewer").identity)
    assert len(here.staff.recipients("cases.read")) == 3


@pytest.mark.parametrize("seed", [b"", b"own secret"])
def test_a_passkey_with_or_without_a_secret_of_its_own_opens_the_key(here: Office, seed: bytes):
    here.passkeys["ann"] = SoftKey(SITE.origin, prf_seed=seed)
    here.tokens["ann"] = here.sign_up(here.staff.invite("admin"), "ann")
    ann = here.principal("ann")
    assert [one.has_own_secret for one in here.signing.passkeys(ann)] == [bool(seed)]
    assert here.sign_in("ann").identity == ann.identity


def test_a_secret_told_only_at_the_first_showing_locks_the_key_from_then_on(here: Office):
    here.passkeys["ann"] = SoftKey(SITE.origin)
    here.tokens["ann"] = here.sign_up(here.staff.invite("admin"), "ann")
    before = here.principal("ann")
    here.passkeys["ann"].prf_seed = b"told now"
    assert here.sign_in("ann").identity == before.identity
    assert [one.has_own_secret for one in here.signing.passkeys(before)] == [True]
    here.passkeys["ann"].prf_seed = b""
    refused("bad_prf", here.sign_in, "ann")
    here.passkeys["ann"].prf_seed = b"another"
    refused("bad_sign_in", here.sign_in, "ann")


def test_a_password_alone_never_signs_anybody_in_and_a_code_counts_once(here: Office, clock: SetClock):
    secret = joined_by_password(here, clock)
    first, sign_in = here.principal("pat"), here.signing.sign_in
    refused("bad_sign_in", sign_in, "pat", PASSWORD, code(secret, clock), NETWORK)  # it was used to sign up
    clock.forward(seconds=30)
    now = code(secret, clock)
    for wrong in ("", "000000", now[:5], f"{now}0", "١٢٣٤٥٦"):
        refused("bad_sign_in", sign_in, "pat", PASSWORD, wrong, NETWORK)
    refused("bad_sign_in", sign_in, "pat", PASSWORD + "!", now, NETWORK)
    here.tokens["pat"] = sign_in(" PAT ", PASSWORD, f"{now[:3]} {now[3:]}", NETWORK)
    assert here.principal("pat").identity == first.identity
    refused("bad_sign_in", sign_in, "pat", PASSWORD, now, NETWORK)
    clock.forward(seconds=60)
    refused("bad_sign_in", sign_in, "pat", PASSWORD, now, NETWORK)


def test_tries_are_bounded_by_name_and_by_network_and_unknown_names_look_alike(here: Office, clock: SetClock):
    secret = joined_by_password(here, clock)
    here.join("admin", "ann")
    clock.forward(minutes=1)
    for name in ("pat", "nobody"):
        for number in range(ATTEMPTS_NAME_MAX):
            refused("bad_sign_in", here.signing.sign_in, name, "wrong", "000000", os.urandom(8) + bytes([number]))
        refused("sign_in_tries", here.signing.sign_in, name, PASSWORD, code(secret, clock), b"elsewhere")
    for number in range(ATTEMPTS_NETWORK_MAX):
        refused("bad_sign_in", here.signing.sign_in, f"name {number}", "wrong", "000000", b"crowd")
    refused("sign_in_tries", here.signing.sign_in, "other", "wrong", "000000", b"crowd")
    assert here.sign_in("ann").name == "ann"  # a passkey is not held up
    clock.forward(minutes=16)
    assert here.signing.sign_in("pat", PASSWORD, code(secret, clock), b"crowd")
    for _ in range(2 * ATTEMPTS_NAME_MAX):  # what succeeds is not counted
        clock.forward(seconds=30)
        assert here.signing.sign_in("pat", PASSWORD, code(secret, clock), b"crowd")


def test_one_network_cannot_fill_the_ledger_with_challenges(here: Office, clock: SetClock):
    for _ in range(BEGUN_NETWORK_MAX):
        here.signing.begin_sign_in(b"crowd")
    refused("sign_in_tries", here.signing.begin_sign_in, b"crowd")
    assert here.signing.begin_sign_in(b"elsewhere").options["challenge"]
    clock.forward(minutes=16)
    here.staff.forget_old()
    with here.staff.db.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM staff_ceremony")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM staff_attempt")).scalar_one() == 0


def test_an_answer_to_a_challenge_counts_once_and_only_for_its_own(here: Office, clock: SetClock):
    here.join("admin", "ann")
    asked, signing = here.signing.begin_sign_in(NETWORK), here.signing
    answer = here.passkeys["ann"].show(asked.options)
    other = signing.begin_sign_in(NETWORK)
    refused("bad_sign_in", signing.finish_sign_in, other.token, answer)
    assert signing.finish_sign_in(asked.token, answer)
    refused("page_too_old", signing.finish_sign_in, asked.token, answer)
    refused("page_too_old", signing.finish_sign_in, "made up", answer)
    late = signing.begin_sign_in(NETWORK)
    answer = here.passkeys["ann"].show(late.options)
    clock.forward(minutes=11)
    refused("page_too_old", signing.finish_sign_in, late.token, answer)
    link = here.staff.invite("admin")
    wrong = signing.begin_passkey(Newcomer(link, "eve"))
    refused("page_too_old", signing.finish_sign_in, wrong.token, here.passkeys["ann"].show(wrong.options))


def test_a_passkey_of_another_site_unverified_or_copied_signs_nobody_in(here: Office):
    here.join("admin", "ann")
    key = here.passkeys["ann"]

    def shown(**wrong: object) -> None:
        asked = here.signing.begin_sign_in(NETWORK)
        here.signing.finish_sign_in(asked.token, replace(key, **wrong).show(asked.options))

    shown(count=4)
    for wrong in (
        {"origin": "https://evil.example"}, {"origin": "http://localhost:8803"}, {"rp_id": "evil.example"}, {"is_verified": False},
        {"count": 3}, {"count": 1}, {"handle": b"somebody else"}, {"credential": b"unknown"}, {"key": SoftKey().key},
    ):  # fmt: skip
        refused("bad_sign_in", shown, **wrong)
    shown(count=5)


def test_a_link_makes_one_account_within_the_hour(here: Office, clock: SetClock):
    link = here.staff.invite("lead")
    here.passkeys |= {"ann": SoftKey(), "eve": SoftKey()}
    newcomer = Newcomer(link, "eve")
    asked = here.signing.begin_passkey(newcomer)
    here.tokens["ann"] = here.sign_up(link, "ann")
    refused("invite_over", here.signing.finish_passkey, newcomer, asked.token, here.passkeys["eve"].make(asked.options))
    refused("invite_over", here.staff.invited, link)
    late = here.staff.invite("lead")
    assert here.staff.invited(late).role == "lead"
    clock.forward(minutes=61)
    refused("invite_over", here.sign_up, late, "eve")
    refused("invite_over", here.staff.invited, "made up")
    assert [one.name for one in here.staff.members()] == ["ann"]


def test_names_are_one_persons_without_regard_to_case_and_may_be_given(here: Office):
    here.join("admin", "Ann")
    refused("member_taken", here.signing.begin_passkey, Newcomer(here.staff.invite("lead"), "ANN"))
    refused("member_taken", here.staff.invite, "lead", "aNN")
    refused("bad_name", here.signing.begin_passkey, Newcomer(here.staff.invite("lead"), " "))
    refused("unknown_staff_role", here.staff.invite, "owner")
    here.passkeys["other"] = SoftKey()
    here.tokens["other"] = here.sign_up(here.staff.invite("lead", "Ben"), "other")
    assert here.principal("other").name == "Ben"


def test_a_session_ends_idle_late_by_hand_and_with_what_made_it(here: Office, clock: SetClock):
    ann, other = here.join("admin", "ann"), here.tokens
    here.join("admin", "ben")
    clock.forward(minutes=29)
    assert here.principal("ann").id == ann.id
    clock.forward(minutes=29)
    assert here.principal("ann").id == ann.id
    refused("session_over", here.principal, "ben")
    for _ in range(22):
        clock.forward(minutes=29)
        assert here.principal("ann").id == ann.id
    clock.forward(minutes=29)
    refused("session_over", here.principal, "ann")
    for made_up in ("", "x", other["ann"][:-1], "\udcff"):
        refused("session_over", here.staff.principal, made_up)
    first = here.sign_in("ann")
    token = here.tokens["ann"]
    here.sign_in("ann")
    assert sorted(one.is_own for one in here.staff.sessions(first)) == [False, True]
    here.staff.end_other_sessions(first)
    refused("session_over", here.principal, "ann")
    assert here.staff.principal(token).id == ann.id
    here.staff.end_session(token)
    here.staff.end_session(token)
    refused("session_over", here.staff.principal, token)


def test_a_session_that_was_there_before_signing_in_is_never_taken_over(here: Office):
    here.join("admin", "ann")
    before = here.tokens["ann"]
    here.sign_in("ann")
    assert here.tokens["ann"] != before
    assert len({here.sign_in("ann").session for _ in range(3)}) == 3


def test_a_member_who_ended_or_changed_role_is_out_at_once(here: Office):
    admin, ben = here.join("admin", "ann"), here.join("caseworker", "ben", {"desk": [DESK]})
    assert [one.secret for one in here.staff.keys_of(ben, "desk")] == [DESK.secret]
    here.staff.set_role(admin, ben.id, "reviewer")
    refused("session_over", here.principal, "ben")
    ben = here.sign_in("ben")
    assert (ben.role, here.staff.keys_of(ben, "desk")) == ("reviewer", [])
    refused("role_without_key", here.staff.hand_over, here.join("admin", "eve", {"desk": [DESK]}), "desk", ben.id)
    here.staff.end_member(admin, ben.id)
    refused("session_over", here.principal, "ben")
    refused("bad_sign_in", here.sign_in, "ben")
    assert ben.id not in here.staff.holders("desk")
    assert all(
        one.recipient not in here.staff.recipients("work.read") for one in here.staff.members() if one.id == ben.id
    )
    refused("member_ended", here.staff.set_role, admin, ben.id, "lead")
    refused("member_ended", here.staff.restart, ben.id, by=admin)


def test_only_an_admin_manages_staff(here: Office):
    admin = here.join("admin", "ann")
    for role in set(STAFF_ROLES) - {"admin"}:
        one = here.join(role)
        refused("staff_role", here.staff.invite, "admin", by=one)
        refused("staff_role", here.staff.set_role, one, one.id, "admin")
        refused("staff_role", here.staff.end_member, one, admin.id)
        refused("staff_role", here.staff.restart, admin.id, by=one)
    for what in (lambda: here.staff.end_member(admin, admin.id), lambda: here.staff.set_role(admin, admin.id, "lead")):
        refused("last_admin", what)
    refused("unknown_member", here.staff.end_member, admin, 99)
    refused("unknown_member", here.staff.end_member, admin, -1)
    here.join("admin", "ben")
    here.staff.end_member(admin, admin.id)


def test_who_lost_every_way_in_begins_anew_and_the_old_ways_die(here: Office):
    admin, ben = here.join("admin", "ann", {"desk": [DESK]}), here.join("caseworker", "ben", {"desk": [DESK]})
    link, old = here.staff.restart(ben.id, by=admin), here.passkeys["ben"]
    assert here.sign_in("ben").id == ben.id  # nothing changes until it is used
    second = here.staff.restart(ben.id, by=admin)
    refused("invite_over", here.staff.invited, link)
    here.passkeys["ben"] = SoftKey(prf_seed=b"new")
    earlier = here.tokens["ben"]
    here.tokens["ben"] = here.sign_up(second, "ben")
    refused("session_over", here.staff.principal, earlier)
    anew = here.principal("ben")
    assert (anew.id, anew.role) == (ben.id, "caseworker")
    assert anew.identity != ben.identity
    assert [one.secret for one in here.staff.keys_of(anew, "desk")] == [
        DESK.secret
    ]  # ann holds it, so it came with the link
    here.passkeys["ben"] = old
    refused("bad_sign_in", here.sign_in, "ben")


def test_keys_come_with_an_invitation_or_are_handed_over_to_roles_that_may_hold_them(here: Office):
    tips = new_identity()
    admin = here.join("admin", "ann", {"desk": [DESK], "tips": [tips]})
    assert [one.secret for one in here.staff.keys_of(admin, "tips")] == [tips.secret]
    here.passkeys |= {"case": SoftKey(), "review": SoftKey()}
    for name, role in (("case", "caseworker"), ("review", "reviewer")):
        here.tokens[name] = here.sign_up(here.staff.invite(role, by=admin), name)
    case, review = here.principal("case"), here.principal("review")
    assert [one.secret for one in here.staff.keys_of(case, "desk")] == [DESK.secret]
    assert here.staff.keys_of(case, "tips") == here.staff.keys_of(review, "desk") == []
    refused("role_without_key", here.staff.hand_over, admin, "tips", case.id)
    refused("staff_role", here.staff.hand_over, case, "tips", admin.id)
    lead = here.join("lead")
    refused("no_key", here.staff.hand_over, lead, "desk", case.id)
    here.staff.hand_over(case, "desk", lead.id)
    assert [one.recipient for one in here.staff.keys_of(lead, "desk")] == [DESK.recipient]
    refused("staff_role", here.staff.take_key, review, "desk", [DESK])
    second = here.join("caseworker", "second")
    here.staff.take_key(second, "desk", [DESK])
    assert here.staff.holders("desk") == {one.id: {DESK.recipient} for one in (admin, case, lead, second)}


def test_one_has_several_ways_in_and_never_none(here: Office, clock: SetClock):
    ann, signing = here.join("admin", "ann"), here.signing
    [first] = signing.passkeys(ann)
    refused("last_way_in", signing.drop_passkey, ann, first.id)
    second, asked = SoftKey(prf_seed=b"2"), signing.begin_another_passkey(ann)
    assert asked.options["excludeCredentials"]
    signing.finish_another_passkey(ann, asked.token, second.make(asked.options), "blue key")
    refused("page_too_old", signing.finish_another_passkey, ann, asked.token, second.make(asked.options), "again")
    ben, stolen = here.join("admin", "ben"), signing.begin_another_passkey(ann)
    refused("page_too_old", signing.finish_another_passkey, ben, stolen.token, SoftKey().make(stolen.options), "")
    known = signing.begin_another_passkey(ben)
    refused("passkey_known", signing.finish_another_passkey, ben, known.token, second.make(known.options), "")
    refused("unknown_passkey", signing.drop_passkey, ben, first.id)
    signing.drop_passkey(ann, first.id)
    refused("bad_sign_in", here.sign_in, "ann")
    here.passkeys["ann"] = second
    wanted = signing.begin_own_code(ann)
    refused("bad_password", signing.set_password, ann, wanted.token, "short", code(wanted.secret, clock))
    refused("bad_code", signing.set_password, ann, wanted.token, PASSWORD, "000000")
    refused("page_too_old", signing.set_password, ben, wanted.token, PASSWORD, code(wanted.secret, clock))
    signing.set_password(ann, wanted.token, PASSWORD, code(wanted.secret, clock))
    assert signing.has_password(ann)
    [blue] = signing.passkeys(ann)
    signing.drop_passkey(ann, blue.id)
    refused("last_way_in", signing.drop_password, ann)
    clock.forward(seconds=30)
    assert (
        here.staff.principal(signing.sign_in("ann", PASSWORD, code(wanted.secret, clock), NETWORK)).identity
        == ann.identity
    )
    refused("bad_sign_in", signing.sign_in, "ben", PASSWORD, code(wanted.secret, clock), NETWORK)


def test_a_stolen_database_opens_nothing_even_with_sessions_alive(here: Office, db: Database, clock: SetClock):
    here.passkeys["weak"] = SoftKey()  # no secret of its own: the weakest slot there is
    here.tokens["weak"] = here.sign_up(here.staff.invite("admin", keys={"desk": [DESK]}), "weak")
    joined_by_password(here, clock)
    here.join("lead", "ann", {"desk": [DESK]})
    open_link = here.staff.invite("lead", keys={"desk": [DESK]})
    secrets_held = [here.principal(name).identity for name in here.tokens] + [
        DESK.secret,
        *here.tokens.values(),
        open_link,
        PASSWORD,
    ]
    thief, seen = Slots(bytes(32)), 0
    with db.read() as connection:
        tables = [row[0] for row in connection.execute(text("SELECT name FROM staff"))]
        assert len(tables) == 3
        for table in (
            "staff",
            "staff_passkey",
            "key_slot",
            "staff_invite",
            "staff_ceremony",
            "staff_session",
            "key_grant",
        ):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                seen += 1
                whole = b"|".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
                assert not [1 for each in secrets_held if each.encode() in whole]
        slots = connection.execute(text("SELECT staff_id, how, locked FROM key_slot")).all()
        passkeys = connection.execute(text("SELECT credential FROM staff_passkey")).scalars().all()
        salt = connection.execute(text("SELECT password_salt FROM staff WHERE password_salt IS NOT NULL")).scalar_one()
    assert seen > 9
    boxes = [thief.by_machine(bytes(one)) for one in passkeys]
    boxes += [thief.by_password(thief.hashed(PASSWORD, bytes(salt)))]  # even with the password guessed
    boxes += [thief.by_prf(bytes(32))]
    for slot in slots:
        for box in boxes:
            refused("sealed_damaged", box.open, bytes(slot.locked), f"member {slot.staff_id}".encode())
    for token in here.tokens.values():  # and with a cookie, without the secret
        refused("session_over", Staff(db, clock, b"another secret" * 3).principal, token)
        assert Staff(db, clock, SECRET).principal(token)


def test_reads_are_kept_newest_first(here: Office):
    ann = here.join("lead", "ann")
    for number in range(5):
        here.staff.record.log_read(ann, "case.read", f"case-{number}")
    page = here.staff.record.reads(None, 3)
    assert [(one.by, one.what, one.subject) for one in page] == [("ann", "case.read", f"case-{n}") for n in (4, 3, 2)]
    assert [one.subject for one in here.staff.record.reads(page[-1].id, 3)] == ["case-1", "case-0"]


def test_a_carer_is_named_by_the_person_alone(here: Office):
    ann, ben = here.join("reviewer", "ann"), here.join("lead", "ben")
    here.staff.set_carer(ann, ben.id)
    assert here.staff.member(ann.id).carer_id == ben.id
    refused("own_carer", here.staff.set_carer, ann, ann.id)
    refused("unknown_member", here.staff.set_carer, ann, 99)
    here.staff.set_carer(ann, None)
    assert here.staff.member(ann.id).carer_id is None


def test_what_a_browser_is_asked_demands_a_verified_passkey_it_can_find_by_itself(here: Office):
    asked = here.signing.begin_passkey(Newcomer(here.staff.invite("admin"), "ann")).options
    assert asked["rp"] == {"id": "localhost", "name": "Amparo"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert len(PRF_SALT) > 16
    shown = here.signing.begin_sign_in(NETWORK).options
    assert (shown["rpId"], shown["userVerification"], shown["allowCredentials"]) == ("localhost", "required", [])


def test_passkeys_of_a_public_address_are_taken_there_alone(db: Database, clock: SetClock):
    public = Signing(Staff(db, clock, SECRET), Site("console.example", "https://console.example", "Amparo"))
    newcomer = Newcomer(public.staff.invite("admin"), "ann")
    asked = public.begin_passkey(newcomer)
    key = SoftKey("https://console.example")
    assert public.staff.principal(public.finish_passkey(newcomer, asked.token, key.make(asked.options)))
    asked = public.begin_sign_in(NETWORK)
    answer = replace(key, origin="http://console.example").show(asked.options)
    refused("bad_sign_in", public.finish_sign_in, asked.token, answer)


def test_links_that_an_admin_made_end_with_the_admin(here: Office) -> None:
    ann, ben, cat = here.join("admin", "Ann"), here.join("admin", "Ben"), here.join("admin", "Cat")
    of_ben, of_cat, of_ann = (
        here.staff.invite("reviewer", by=ben),
        here.staff.restart(ann.id, by=cat),
        here.staff.invite("lead", by=ann),
    )
    here.staff.end_member(ann, ben.id)
    here.staff.set_role(ann, cat.id, "lead")
    for link in (of_ben, of_cat):
        refused("invite_over", here.staff.invited, link)
    assert here.staff.invited(of_ann).role == "lead"
    assert len(here.staff.invitations.open()) == 1
