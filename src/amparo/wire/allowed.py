"""Which addresses may be fetched: the operator's list of hosts, and what a network address is. Opens no connection.

An entry is ``HOST``, ``*.HOST`` (every name under it) or ``HOST:PORT``, and perhaps the word ``allow_private`` behind it.
Source: the special-purpose address registries of IANA (RFC 6890 and its updates), read as "what is not plainly public".
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal

from amparo.errors import Misconfigured

Reach = Literal["public", "private", "never"]

ENTRY: Final = re.compile(r"(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
PORTS: Final = {"http": 80, "https": 443}
PORT_MAX: Final = 65_535

_PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        # within 2000::/3: protocol assignments with Teredo, documentation, 6to4, which hides an IPv4 address
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_NEVER: Final = tuple(ipaddress.ip_network(text) for text in ("0.0.0.0/32", "224.0.0.0/3", "::/128", "ff00::/8"))


@dataclass(frozen=True, slots=True)
class Host:
    """One entry of the list. name: lower-case, an IPv6 address without brackets. port: None for that of the scheme."""

    name: str
    port: int | None
    allow_private: bool
    is_parent: bool  # names under it are meant, not itself

    def covers(self, scheme: str, name: str, port: int) -> bool:
        """Whether an address with these parts may be fetched."""
        if port != (PORTS.get(scheme) if self.port is None else self.port):
            return False
        return name.endswith(f".{self.name}") if self.is_parent else name == self.name


def hosts_of(text: str, setting: str = "wire.fetch_hosts") -> tuple[Host, ...]:
    """The entries in ``text``, separated by commas. setting: where it stands. Raises: Misconfigured (bad_setting)."""
    return tuple(_host(part, setting) for part in text.split(",") if part.strip())


def entry_for(hosts: Sequence[Host], scheme: str, name: str, port: int) -> Host | None:
    """The entry that lets this address be fetched; one that allows private addresses goes first."""
    covering = [host for host in hosts if host.covers(scheme, name, port)]
    return max(covering, key=lambda host: host.allow_private, default=None)


def reach_of(text: str) -> Reach:
    """What the address in ``text`` is. never: no entry reaches it (everybody, nobody, a group). Unreadable ones too."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "never"
    inner = _inner(address)
    if _in(inner, _NEVER):
        return "never"
    if _in(inner, _PRIVATE) or (inner.version == 6 and inner not in _PUBLIC_V6):
        return "private"
    return "public"


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped or translated one: that is where a connection ends."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _in(address: IPv4Address | IPv6Address, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _host(part: str, setting: str) -> Host:
    name, *words = part.lower().split()
    found = ENTRY.fullmatch(name)
    port = int(found[3]) if found and found[3] else None
    if found is None or (words and words != ["allow_private"]) or (port is not None and not 1 <= port <= PORT_MAX):
        raise Misconfigured(
            "bad_setting",
            f"{setting} has an entry that is malformed",
            "HOST, *.HOST or HOST:PORT, perhaps with allow_private behind it; entries are separated by commas.",
        )
    return Host(found[2].strip("[]"), port, bool(words), bool(found[1]))
