"""The settings of the upload log."""

from dataclasses import dataclass, field
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadsSettings:
    """Whether hashes of uploads are kept, where, and for how long."""

    keep_days: int = field(default=0, metadata={"max": 3_650})
    """Days for which hashes of uploads are kept with their item ids, for `amparo rescan`; 0: none, and what there is goes."""
    folder: Path | None = None
    """Folder of the upload log; empty: uploads in the data folder."""
    unit_minutes: int = field(default=60, metadata={"min": 1, "max": 1_440})
    """Minutes after which a file of the log is sealed and the next begun."""
    unit_bytes_max: int = field(default=64 * MEBIBYTE, metadata={"min": 4_096, "max": 1024 * MEBIBYTE})
    """Size at which a file of the log is sealed before its time."""
    bytes_max: int = field(default=65_536 * MEBIBYTE, metadata={"min": 4_096})
    """Size of the whole log; over it the oldest files go before their time."""
