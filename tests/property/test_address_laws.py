"""What an address is: the standard library's registry and ours agree where it matters, and no wrapping hides a private one."""

import contextlib
import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amparo.errors import Misconfigured
from amparo.wire.allowed import entry_for, hosts_of, reach_of

V4 = st.ip_addresses(v=4)
INSIDE = [
    "0.0.0.1", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "100::1", "2001:db8::1", "2001::1", "2001:10::1", "2002:7f00:1::",
    "2002:808:808::", "64:ff9b:1::1", "::127.0.0.1", "::8.8.8.8", "3fff::1", "5f00::1", "fe80::1%lo",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.3.1", "198.20.0.1", "2606:4700::1", "2a00:1450::1"]
NEVER = [
    "0.0.0.0",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "ff02::1",
    "",
    "name",
    "1.2.3",
    "0x7f.1",
]


@pytest.mark.parametrize("text", INSIDE)
def test_private_addresses_are_private(text: str) -> None:
    assert reach_of(text) == "private"


@pytest.mark.parametrize("text", OUTSIDE)
def test_public_addresses_are_public(text: str) -> None:
    assert reach_of(text) == "public"


@pytest.mark.parametrize("text", NEVER)
def test_nobody_is_reached_at_group_and_nobodys_addresses(text: str) -> None:
    assert reach_of(text) == "never"


@given(V4)
def test_an_address_in_another_is_what_it_is(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for wrapped in (ipaddress.IPv6Address((0xFFFF << 32) | number), ipaddress.IPv6Address((0x64FF9B << 96) | number)):
        assert reach_of(str(wrapped)) == reach_of(str(address))
    sixth = ipaddress.IPv6Address((0x2002 << 112) | (number << 80))
    assert reach_of(str(sixth)) == "private"


@given(st.one_of(V4, st.ip_addresses(v=6)))
@example(ipaddress.IPv4Address("100.64.0.1"))
def test_what_the_standard_library_calls_private_is_never_public(address) -> None:
    nat64 = ipaddress.ip_network("64:ff9b::/96")
    if reach_of(str(address)) == "public" and not (address.version == 6 and address in nat64):
        told = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
        assert not [name for name in told if getattr(address, name)]


@given(st.text(max_size=60))
def test_a_list_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Misconfigured):
        assert len(hosts_of(text)) <= text.count(",") + 1


@pytest.mark.parametrize(
    ("listed", "asked", "allowed"),
    [
        ("a.test", ("https", "a.test", 443), True), ("a.test", ("http", "a.test", 80), True),
        ("a.test", ("https", "a.test", 80), False), ("a.test", ("http", "a.test", 8080), False),
        ("a.test:8080", ("http", "a.test", 8080), True), ("a.test:8080", ("http", "a.test", 80), False),
        ("a.test", ("https", "b.a.test", 443), False), ("*.a.test", ("https", "b.a.test", 443), True),
        ("*.a.test", ("https", "a.test", 443), False), ("*.a.test", ("https", "evila.test", 443), False),
        ("a.test", ("https", "a.test.evil.test", 443), False), ("A.Test, b.test", ("https", "a.test", 443), True),
        ("10.0.0.5:9000 allow_private", ("http", "10.0.0.5", 9000), True), ("[::1]:9000", ("http", "::1", 9000), True),
        ("", ("https", "a.test", 443), False), (" , ", ("https", "a.test", 443), False),
    ],
)  # fmt: skip
def test_hosts_are_allowed_by_name_and_port(listed: str, asked: tuple[str, str, int], allowed: bool) -> None:
    assert (entry_for(hosts_of(listed), *asked) is not None) is allowed


def test_of_two_entries_the_wider_counts() -> None:
    hosts = hosts_of("a.test, a.test allow_private, *.test")
    found = entry_for(hosts, "https", "a.test", 443)
    assert found is not None
    assert found.allow_private


@pytest.mark.parametrize(
    "text",
    [
        "a.test:0",
        "a.test:65536",
        "http://a.test",
        "a.test/x",
        "*",
        "*.",
        "a..b",
        "u@a.test",
        "a.test private",
        "a b c",
        "::1",
    ],
)
def test_malformed_entries_stop_the_start(text: str) -> None:
    with pytest.raises(Misconfigured):
        hosts_of(text)
