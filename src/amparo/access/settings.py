"""The settings of the access room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Limits of every key that has none of its own."""

    rate_per_s: int = 5_000
    """Requests a second one key may make, over all workers of a machine."""
    rate_burst: int = 10_000
    """Requests a key may make at once after a pause."""
    probes_per_content_max: int = 128
    """Different signals an hour with which one platform key may meet the same content (distances are an oracle)."""
