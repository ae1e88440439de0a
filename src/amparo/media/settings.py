"""The settings of the media room: how many children, and what one file may cost."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Limits of the pool and of each child process."""

    children: int = 2
    """Child processes that decode at the same time; one for each core is right."""
    queue_max: int = 32
    """Requests that may wait for a free child; the next is told to come back."""
    file_bytes_max: int = 64 * MEBIBYTE
    """Size of a file, in bytes."""
    pixels_max: int = 150_000_000
    """Width times height of a picture."""
    memory_bytes_max: int = 2048 * MEBIBYTE
    """Address space of one child, in bytes."""
    cpu_ms_max: int = 10_000
    """Processor time one file may cost (the system counts whole seconds, rounded up)."""
    wall_ms_max: int = 15_000
    """Time until the answer about one file must be there; then its child is killed."""
    start_ms_max: int = 30_000
    """Time a child may take to start."""
    jpeg_scans_max: int = 100
    """Scans of one JPEG; a progressive photograph has about ten, each costs a pass over all pixels."""
    child_items_max: int = 5_000
    """Files after which a child is replaced by a fresh one."""
    lesser_uid: int = 65_534
    """User and group a child becomes where the service was started as root; 0 keeps root."""
