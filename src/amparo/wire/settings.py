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
