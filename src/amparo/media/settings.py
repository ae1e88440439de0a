"""The settings of the media room: how many children, and what one file may cost."""

from dataclasses import dataclass, field

MEBIBYTE = 1024 * 1024
POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Limits of the pool and of each child process."""

    children: int = field(default=0, metadata={"max": 1_024})
    """Child processes of one API worker that decode at the same time; 0: its share of the cores, at least one."""
    queue_max: int = field(default=32, metadata=POSITIVE)
    """Requests that may wait for a free child; the next is told to come back."""
    file_bytes_max: int = field(default=64 * MEBIBYTE, metadata=POSITIVE)
    """Size of a file, in bytes."""
    pixels_max: int = field(default=150_000_000, metadata=POSITIVE)
    """Width times height of a picture."""
    memory_bytes_max: int = field(default=2048 * MEBIBYTE, metadata=POSITIVE)
    """Address space of one child, in bytes."""
    cpu_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Processor time one file may cost (the system counts whole seconds, rounded up)."""
    wall_ms_max: int = field(default=15_000, metadata=POSITIVE)
    """Time until the answer about one file must be there, a new child's start not counted; then its child is killed."""
    start_ms_max: int = field(default=30_000, metadata=POSITIVE)
    """Time a child may take to start."""
    jpeg_scans_max: int = field(default=100, metadata=POSITIVE)
    """Scans of one JPEG; a progressive photograph has about ten, each costs a pass over all pixels."""
    child_items_max: int = field(default=5_000, metadata=POSITIVE)
    """Files after which a child is replaced by a fresh one."""
    lesser_uid: int = 65_534
    """User and group a child becomes where the service was started as root; 0 keeps root."""
