"""The settings of the api room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class APISettings:
    """Limits of one API worker."""

    connections_max: int = field(default=1_000, metadata=POSITIVE)
    """Connections held open at the same time; the next is refused."""
    header_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time a sender has for the headers of a request, from the connection or the answer before; then it is hung up on."""
    header_bytes_max: int = field(default=32 * 1024, metadata=POSITIVE)
    """Size of a request's address and headers."""
    stall_ms_max: int = field(default=60_000, metadata=POSITIVE)
    """Time a reader may leave an answer untouched; then it is hung up on."""
    media_bytes_max: int = field(default=64 * 1024 * 1024, metadata=POSITIVE)
    """Size of a body that carries media."""
    json_bytes_max: int = field(default=1024 * 1024, metadata=POSITIVE)
    """Size of a JSON body."""
    batch_codes_max: int = field(default=100_000, metadata=POSITIVE)
    """Codes in one batch lookup."""
    list_bytes_max: int = field(default=4 * 1024 * 1024 * 1024, metadata=POSITIVE)
    """Size of one hash list."""
    in_flight_max: int = field(default=64, metadata=POSITIVE)
    """Requests one worker works on at the same time; the next is told to come back."""
    body_ms_max: int = field(default=60_000, metadata=POSITIVE)
    """Time a sender has for a whole body (a list: for each 64 KiB of it)."""
    lag_ms_max: int = field(default=2_000, metadata=POSITIVE)
    """Time a change may wait to be taken in by a worker; after it lookups are told to come back, and `/readyz` says so."""
    list_errors_max: int = field(default=100_000, metadata=POSITIVE)
    """Bad rows an import names one by one; the rest is only counted."""
    hma_key_in_path: bool = False
    """Whether the routes of HMA also answer under `/hma/{key}/`, for clients that cannot send headers."""
