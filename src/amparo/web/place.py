"""Where a request comes from, as a digest that tells two places apart for an hour. Keeps and logs no address.

The key is random and new each hour, so that no digest can be turned back later, or be met again.
"""

import hmac
import ipaddress
import secrets
import threading
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from amparo.errors import Misconfigured
from amparo.terms.clock import Clock

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX: Final = {4: 24, 6: 48}
"""Bits of an address that make a place. Of either kind it holds some 256 homes: by anything smaller whoever is given a
/48, as tunnels and rented servers are, would be 256 places (RFC 6177; RIPE-690 section 4.2)."""
HOUR_S: Final = 3600
HOPS_MAX: Final = 32
DIGEST_BYTES: Final = 16


class Networks:
    """Tells the place of a request. proxies: networks whose X-Forwarded-For is believed, parted by commas, as ``setting`` names them."""

    def __init__(self, proxies: str, clock: Clock, setting: str) -> None:
        """Raises: Misconfigured (bad_setting)."""
        self._trusted = _networks(proxies, setting)
        self._clock = clock
        self._lock = threading.Lock()
        self._hour = -1
        self._key = b""

    def place(self, scope: Mapping[str, Any]) -> bytes | None:
        """The digest of its network, 16 bytes, for this hour; None where the address says nothing (a socket file, an onion service's proxy)."""
        address = self._sender(scope)
        if address is None:
            return None
        network = ipaddress.ip_network((address, PREFIX[address.version]), strict=False)
        return hmac.digest(self._key_now(), network.network_address.packed, "sha256")[:DIGEST_BYTES]

    def _sender(self, scope: Mapping[str, Any]) -> Address | None:
        """Who sent it: the peer, or the last address before the proxies we believe."""
        peer = scope.get("client")
        address = _address(peer[0]) if peer else None
        if address is None or not self._believes(address):
            return address
        told = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        for hop in reversed(told.decode("latin-1").split(",")[-HOPS_MAX:]):
            before = _address(hop.strip())
            if before is None:
                return None  # one of ours passed on what is no address: everybody behind it is one
            if not self._believes(before):
                return before
        return None

    def _believes(self, address: Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)

    def _key_now(self) -> bytes:
        hour = int(self._clock.now().timestamp()) // HOUR_S
        with self._lock:
            if hour != self._hour:
                self._hour, self._key = hour, secrets.token_bytes(32)
            return self._key


def _networks(text: str, setting: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())
    except ValueError:
        raise Misconfigured(
            "bad_setting", f"{setting} holds what is no network", "Write them as 10.0.0.0/8,::1."
        ) from None


def _address(text: str) -> Address | None:
    """The address in the text, with a port or without; an IPv4 one in the clothes of IPv6 is told as such."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
