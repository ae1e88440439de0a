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
    video_children: int = field(default=1, metadata={"min": 1, "max": 1_024})
    """Further child processes of one API worker, for videos: a long one keeps no picture waiting."""
    video_queue_max: int = field(default=8, metadata=POSITIVE)
    """Requests with a video that may wait for a free child; the next is told to come back."""
    video_seconds_max: int = field(default=3_600, metadata={"min": 1, "max": 7_200})
    """Seconds of a video that are hashed; the answer says where it was cut."""
    video_frames_max: int = field(default=500_000, metadata=POSITIVE)
    """Frames of a video that are decoded; the answer says where it was cut."""
    video_pixels_max: int = field(default=36_000_000, metadata=POSITIVE)
    """Width times height of a frame (8192 x 4320 is 35,389,440)."""
    video_streams_max: int = field(default=32, metadata=POSITIVE)
    """Streams in one file, of any kind."""
    video_cpu_ms_max: int = field(default=30_000, metadata=POSITIVE)
    """Processor time after which a video is read no further; the answer says where it was cut."""
    video_wall_ms_max: int = field(default=90_000, metadata=POSITIVE)
    """Time until the answer about one video must be there; then its child is killed."""
    jpeg_scans_max: int = field(default=100, metadata=POSITIVE)
    """Scans of one JPEG; a progressive photograph has about ten, each costs a pass over all pixels."""
    child_items_max: int = field(default=5_000, metadata=POSITIVE)
    """Files after which a child is replaced by a fresh one."""
    lesser_uid: int = 65_534
    """User and group a child becomes where the service was started as root; 0 keeps root."""


LIMITS = (
    "memory_bytes_max", "cpu_ms_max", "pixels_max", "jpeg_scans_max", "file_bytes_max", "lesser_uid", "video_seconds_max",
    "video_frames_max", "video_pixels_max", "video_streams_max", "video_cpu_ms_max",
)  # fmt: skip
"""What a child is told at its start, in this order."""
