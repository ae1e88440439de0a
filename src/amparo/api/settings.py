"""The settings of the api room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class APISettings:
    """Limits of one API worker."""

    media_bytes_max: int = 64 * 1024 * 1024
    """Size of a body that carries media."""
    json_bytes_max: int = 1024 * 1024
    """Size of a JSON body."""
    batch_codes_max: int = 100_000
    """Codes in one batch lookup."""
    list_bytes_max: int = 4 * 1024 * 1024 * 1024
    """Size of one hash list."""
    in_flight_max: int = 64
    """Requests one worker works on at the same time; the next is told to come back."""
    body_ms_max: int = 60_000
    """Time a sender has for a whole body (a list: for each 64 KiB of it)."""
    list_errors_max: int = 100_000
    """Bad rows an import names one by one; the rest is only counted."""
