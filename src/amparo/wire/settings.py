"""The settings of the wire room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class WireSettings:
    """Limits of a call to another server."""

    connect_ms_max: int = field(default=5_000, metadata=POSITIVE)
    """Time until the connection stands."""
    silence_ms_max: int = field(default=120_000, metadata=POSITIVE)
    """Time the other side may stay silent while we send, or wait for its answer."""
    call_ms_max: int = field(default=3_600_000, metadata=POSITIVE)
    """Time a whole call may take."""
    answer_bytes_max: int = field(default=64 * 1024 * 1024, metadata=POSITIVE)
    """Size of an answer that is read whole."""
    line_bytes_max: int = field(default=1024 * 1024, metadata=POSITIVE)
    """Size of one line of an answer that is read line by line."""
    proxy: str = ""
    """Address of the proxy all calls go through; empty: none, whatever the environment says."""
    fetch_hosts: str = ""
    """Hosts from which files are fetched by address, separated by commas: `HOST`, `*.HOST` for every name under it, `HOST:PORT`; `allow_private` behind one where its address may be private. Empty: nothing is fetched."""
    fetch_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time one fetched file may take, names, redirects and all."""
    fetch_bytes_max: int = field(default=64 * 1024 * 1024, metadata=POSITIVE)
    """Size of a fetched file."""
    fetch_redirects_max: int = field(default=3, metadata={"max": 20})
    """Redirects that are followed for one file; each must lead to a host that is listed."""
    fetch_at_once_max: int = field(default=16, metadata=POSITIVE)
    """Files one worker fetches at the same time; the next is told to come back."""
    post_hosts: str = ""
    """Hosts to which messages of webhooks may go though they are not public or not https, written as `fetch_hosts`. Any public host may be posted to by https without an entry."""
