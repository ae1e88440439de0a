"""The settings of the access room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Limits of every key that has none of its own."""

    rate_per_s: int = field(default=5_000, metadata=POSITIVE)
    """Requests a second one key may make, over all workers of a machine."""
    rate_burst: int = field(default=10_000, metadata=POSITIVE)
    """Requests a key may make at once after a pause."""
    probes_per_content_max: int = field(default=128, metadata=POSITIVE)
    """Different signals an hour with which one platform key may meet the same content (distances are an oracle)."""
