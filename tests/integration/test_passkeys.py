"""Passkeys that are none: what no browser answers, another site's, unverified ones, public keys of an odd shape."""

from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from amparo.access.passkeys import check_shown
from amparo.access.signing import Newcomer
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.conftest import SetClock
from tests.integration.ledger import refused
from tests.integration.staffing import NETWORK, SITE, Office, office
from tests.ledgers import LEDGERS
from tests.passkeys import SoftKey, data_of

ODD_KEYS = ([], [1, 2], b"", b"key", "", "key", 5, 1.5, True, {}, {1: 2}, {3: -7}, {1: "a", 3: -7}, {1: 2, 3: -7}, {1: 2, 3: -7, -1: 1, -2: b""})  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, clock: SetClock) -> Iterator[Office]:
    db = Database(LEDGERS.url(tmp_path))
    migrate(db, tmp_path / "lock")
    yield office(db, clock)
    db.close()


@pytest.mark.parametrize(
    "answer", [{}, {"id": 3}, {"id": "a", "response": {}}, {"id": "", "response": None}, {"response": []}]
)
def test_what_is_no_answer_of_a_browser_is_refused_as_any_other(here: Office, answer: dict) -> None:
    asked = here.signing.begin_sign_in(NETWORK)
    refused("bad_sign_in", here.signing.finish_sign_in, asked.token, answer)
    newcomer = Newcomer(here.staff.invite("admin"), "ann")
    asked = here.signing.begin_passkey(newcomer)
    refused("bad_passkey", here.signing.finish_passkey, newcomer, asked.token, answer)


def test_a_passkey_made_on_another_site_or_unverified_makes_no_account(here: Office) -> None:
    newcomer = Newcomer(here.staff.invite("admin"), "ann")
    for wrong in (SoftKey("https://evil.example"), SoftKey(is_verified=False)):
        asked = here.signing.begin_passkey(newcomer)
        refused("bad_passkey", here.signing.finish_passkey, newcomer, asked.token, wrong.make(asked.options))
    assert here.staff.members() == []


@pytest.mark.parametrize("odd", ODD_KEYS, ids=repr)
def test_a_public_key_of_an_odd_shape_makes_no_passkey_and_shows_none(here: Office, odd: object) -> None:
    newcomer, key = Newcomer(here.staff.invite("admin"), "ann"), SoftKey()
    asked = here.signing.begin_passkey(newcomer)
    refused("bad_passkey", here.signing.finish_passkey, newcomer, asked.token, key.make(asked.options, odd))
    assert here.staff.members() == []
    shown = here.signing.begin_sign_in(NETWORK)
    challenge = data_of(shown.options["challenge"])
    refused("bad_sign_in", check_shown, SITE, challenge, key.show(shown.options), cbor2.dumps(odd), 0)
