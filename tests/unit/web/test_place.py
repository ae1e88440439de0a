"""Where a request comes from: one place a network and hour, proxies believed only where they are named, no address kept."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import Misconfigured
from amparo.web.place import Networks
from tests.conftest import SetClock

PROXIES = "10.0.0.0/8, ::1"


def scope(peer: str | None, *forwarded: str) -> dict[str, object]:
    client = None if peer is None else (peer, 1_234)
    return {"client": client, "headers": [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]}


@pytest.fixture
def networks(clock: SetClock) -> Networks:
    return Networks(PROXIES, clock, "portal.proxies")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.114.1", False),
        ("2001:db8:1:ff00::1", "2001:db8:1:ffff:9::2", True),
        ("2001:db8:1:ff00::1", "2001:db8:1:fe00::1", True),
        ("2001:db8:1:ff00::1", "2001:db8:2:ff00::1", False),
        ("::ffff:203.0.113.7", "203.0.113.1", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.114.7", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_a_place_is_a_network(networks: Networks, one: str, other: str, *, alike: bool) -> None:
    assert (networks.place(scope(one)) == networks.place(scope(other))) is alike


def test_a_digest_is_good_for_an_hour_and_for_this_process(networks: Networks, clock: SetClock) -> None:
    first = networks.place(scope("203.0.113.1"))
    assert first is not None
    assert len(first) == 16
    clock.forward(minutes=59)
    assert networks.place(scope("203.0.113.1")) == first
    clock.forward(minutes=1)
    assert networks.place(scope("203.0.113.1")) != first
    assert Networks(PROXIES, clock, "portal.proxies").place(scope("203.0.113.1")) != networks.place(
        scope("203.0.113.1")
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("203.0.113.1", ["198.51.100.9"], "203.0.113.1"),
        ("10.1.2.3", ["198.51.100.9"], "198.51.100.9"),
        ("10.1.2.3", ["192.0.2.66, 198.51.100.9"], "198.51.100.9"),
        ("10.1.2.3", ["192.0.2.66, 198.51.100.9, 10.9.9.9"], "198.51.100.9"),
        ("10.1.2.3", ["192.0.2.66", "198.51.100.9"], "198.51.100.9"),
        ("::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("::1", ["198.51.100.9:8080"], "198.51.100.9"),
    ],
)
def test_a_proxy_is_believed_where_it_is_named(
    networks: Networks, peer: str, forwarded: list[str], sender: str
) -> None:
    assert networks.place(scope(peer, *forwarded)) == networks.place(scope(sender))


@pytest.mark.parametrize(
    ("peer", "forwarded"),
    [
        (None, []),
        ("10.1.2.3", []),
        ("10.1.2.3", ["10.1.1.1"]),
        ("10.1.2.3", ["unknown"]),
        ("10.1.2.3", ["198.51.100.9, ??"]),
        ("", []),
    ],
)
def test_what_says_nothing_is_no_place(networks: Networks, peer: str | None, forwarded: list[str]) -> None:
    assert networks.place(scope(peer, *forwarded)) is None


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_no_header_breaks_it(text: str) -> None:
    networks = Networks(PROXIES, SetClock(datetime(2026, 1, 1, tzinfo=UTC)), "portal.proxies")
    networks.place({"client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", text.encode("latin-1"))]})


def test_a_proxy_that_is_no_network_is_named() -> None:
    with pytest.raises(Misconfigured, match=r"portal\.proxies"):
        Networks("10.0.0.0/8,everybody", SetClock(datetime(2026, 1, 1, tzinfo=UTC)), "portal.proxies")
