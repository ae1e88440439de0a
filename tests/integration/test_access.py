"""Clients and keys over a real ledger: what is kept of a key, what ends it, what it may do and see."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.access.model import MATRIX, OPERATOR, ROLES, check_role
from amparo.access.service import Access
from amparo.banks.listing import tell_policy
from amparo.errors import AmparoError, BadInput, Conflict, NotFound, Refused, Unauthenticated
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.conftest import SetClock
from tests.ledgers import LEDGERS

READS = ("match", "events.read", "banks.read")
PLATFORM = (*READS, "reports.write", "actions.read", "webhooks.manage")


@pytest.fixture
def access(tmp_path: Path, clock: SetClock):
    db = Database(LEDGERS.url(tmp_path))
    migrate(db, tmp_path / "lock")
    yield Access(db, clock, tell_policy)
    db.close()


def test_a_key_is_shown_once_and_only_its_hash_is_kept(access: Access, tmp_path: Path):
    key, text = access.new_key("robot", "platform")
    assert text.startswith("amparo_")
    assert len(text) >= len("amparo_") + 43
    with access.db.read() as connection:
        assert [tuple(row) for row in connection.exec_driver_sql("SELECT digest FROM api_key")] == [(hashlib.sha256(text.encode()).digest(),)]  # fmt: skip
        rows = repr(connection.exec_driver_sql("SELECT * FROM api_key").all())
    access.db.close()
    held = rows.encode() + b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text.encode() not in held
    assert text.removeprefix("amparo_").encode() not in held
    assert text not in repr(access.keys()) + repr(key)


def test_a_key_opens_as_who_holds_it(access: Access):
    access.new_client("Site Ö")
    key, text = access.new_key("robot", "curator", client="site ö", rate_per_s=7)
    holder = access.principal(text)
    assert (holder.key_id, holder.client, holder.role, holder.bank_ids, holder.rate_per_s) == (
        key.id,
        "Site Ö",
        "curator",
        None,
        7,
    )
    assert (key.client, key.bank_ids, key.rate_per_s, key.ended_at) == ("Site Ö", None, 7, None)


def test_no_two_keys_are_alike(access: Access):
    texts = {access.new_key("robot", "platform")[1] for _ in range(20)}
    assert len(texts) == 20
    assert len({access.principal(text).key_id for text in texts}) == 20


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "x", str.upper, lambda _: "", lambda t: " " + t])
def test_what_is_not_the_key_opens_nothing(access: Access, spoil):
    _, text = access.new_key("robot", "admin")
    with pytest.raises(Unauthenticated) as caught:
        access.principal(spoil(text))
    assert caught.value.slug == "bad_key"


@pytest.mark.parametrize("text", ["\0", "\ud800", "钥匙", "amparo_" + "x" * 100_000, "' OR 1=1 --"])
def test_hostile_keys_open_nothing(access: Access, text):
    access.new_key("robot", "admin")
    with pytest.raises(Unauthenticated):
        access.principal(text)


def test_an_ended_key_opens_nothing_and_is_still_listed(access: Access, clock: SetClock):
    key, text = access.new_key("robot", "platform")
    other, kept = access.new_key("other", "platform")
    ended_at = clock.forward(hours=1)
    access.end_key(key.id)
    with pytest.raises(Unauthenticated) as ended:
        access.principal(text)
    with pytest.raises(Unauthenticated) as unknown:
        access.principal("amparo_unknown")
    assert str(ended.value) == str(unknown.value)
    assert access.principal(kept).key_id == other.id
    listed = access.keys()
    assert [(one.name, one.ended_at) for one in listed] == [("robot", ended_at), ("other", None)]


def test_ending_a_key_twice_keeps_its_first_end(access: Access, clock: SetClock):
    key, _ = access.new_key("robot", "platform")
    access.end_key(key.id)
    first = access.keys()[0].ended_at
    clock.forward(days=1)
    access.end_key(key.id)
    assert access.keys()[0].ended_at == first


@pytest.mark.parametrize("key_id", [0, -1, 99, 2**63, 2**200])
def test_an_unknown_key_cannot_be_ended(access: Access, key_id):
    with pytest.raises(NotFound) as caught:
        access.end_key(key_id)
    assert caught.value.slug == "unknown_key"


def test_a_key_limited_to_banks_sees_no_other(access: Access):
    key, text = access.new_key("robot", "platform", bank_ids=[5, 3, 5])
    holder = access.principal(text)
    assert key.bank_ids == (3, 5)
    assert holder.bank_ids == frozenset({3, 5})
    assert [number for number in range(8) if holder.sees_bank(number)] == [3, 5]
    holder.check_bank(3)
    with pytest.raises(NotFound) as caught:
        holder.check_bank(4)
    assert caught.value.slug == "unknown_bank"


def test_a_key_limited_to_no_bank_sees_none(access: Access):
    _, text = access.new_key("robot", "platform", bank_ids=[])
    assert access.principal(text).bank_ids == frozenset()
    assert access.keys()[0].bank_ids == ()


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("platform", {*PLATFORM}),
        ("curator", {*READS, "banks.write", "contents.read", "contents.write"}),
        ("helper", set()),
        (
            "admin",
            {*PLATFORM, "banks.write", "contents.read", "contents.write", "contents.export", "access.manage"},
        ),
    ],
)
def test_the_matrix_is_this_and_no_more(access: Access, role, allowed):
    holder = access.principal(access.new_key("robot", role)[1])
    for permission in MATRIX["admin"]:
        if permission in allowed:
            holder.may(permission)
        else:
            with pytest.raises(Refused) as caught:
                holder.may(permission)
            assert caught.value.slug == "role"


def test_helpers_are_told_by_digest_while_their_keys_live(access: Access):
    access.new_key("robot", "admin")
    one, text = access.new_key("hotline", "helper")
    two, other = access.new_key("hotline evenings", "helper")
    digests = {one.id: hashlib.sha256(text.encode()).digest(), two.id: hashlib.sha256(other.encode()).digest()}
    assert access.helpers() == digests
    access.end_key(one.id)
    assert access.helpers() == {two.id: digests[two.id]}


def test_nobody_may_what_no_role_names():
    with pytest.raises(Refused):
        OPERATOR.may("contents.burn")
    assert set(MATRIX) == set(ROLES)


@pytest.mark.parametrize("role", ["", "Admin", "admin ", "root", "裸"])
def test_unknown_roles_are_refused(access: Access, role):
    with pytest.raises(BadInput) as caught:
        access.new_key("robot", role)
    assert caught.value.slug == "unknown_role"
    assert access.keys() == []
    with pytest.raises(BadInput):
        check_role(role)


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 65, "a\0b", "a\nb", "\ud800", "a\ud800", "-a", "<a>", "a/b", "a\u202eb"]
)
def test_names_out_of_bounds_are_refused(access: Access, name):
    for make in (access.new_client, lambda text: access.new_key(text, "platform")):
        with pytest.raises(BadInput) as caught:
            make(name)
        assert caught.value.slug == "bad_name"
    assert (access.clients(), access.keys()) == ([], [])


@pytest.mark.parametrize("name", ["a", "a" * 64, "举报平台", "Ünïcode-1 @ x.y", "7"])
def test_names_in_bounds_are_kept_as_they_are(access: Access, name):
    assert access.new_client(f"  {name} ").name == name
    assert [one.name for one in access.clients()] == [name]


def test_client_names_are_unique_without_regard_to_case(access: Access):
    access.new_client("Straße")
    for taken in ("STRASSE", "straße", " Straße "):
        with pytest.raises(Conflict) as caught:
            access.new_client(taken)
        assert caught.value.slug == "name_taken"
    assert len(access.clients()) == 1


@pytest.mark.parametrize("name", ["operator", "Operator", " OPERATOR "])
def test_the_operators_name_is_nobody_elses(access: Access, name):
    with pytest.raises(Conflict):
        access.new_client(name)


@pytest.mark.parametrize("client", ["nobody", "", " ", "\0", "\ud800", "x" * 10_000])
def test_a_key_needs_a_client_there_is(access: Access, client):
    with pytest.raises(AmparoError) as caught:
        access.new_key("robot", "platform", client=client)
    assert caught.value.slug == "unknown_client"
    assert access.keys() == []


def test_the_default_client_is_made_once(access: Access):
    first, second = access.new_key("one", "platform")[0], access.new_key("two", "platform")[0]
    assert first.client == second.client == "default"
    assert [one.name for one in access.clients()] == ["default"]


@pytest.mark.parametrize("rate", [0, -1, 1_000_001, 2**70])
def test_rates_out_of_bounds_are_refused(access: Access, rate):
    with pytest.raises(BadInput) as caught:
        access.new_key("robot", "platform", rate_per_s=rate)
    assert caught.value.slug == "bad_rate"


def test_the_operator_sees_all_and_may_all():
    for permission in MATRIX["admin"]:
        OPERATOR.may(permission)
    assert OPERATOR.sees_bank(12_345)
    assert not replace(OPERATOR, bank_ids=frozenset()).sees_bank(1)
