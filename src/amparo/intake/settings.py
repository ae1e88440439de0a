"""The settings of the intake room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What is kept of persons' answers, how long, and what stands before their receipts."""

    draft_minutes: int = field(default=60, metadata=POSITIVE)
    """Minutes without an answer after which what a person has not sent yet is deleted."""
    session_hours: int = field(default=12, metadata=POSITIVE)
    """Hours after which a session ends however often it was used: nobody keeps thousands of them open for ever."""
    codes_kept_h: int = field(default=24, metadata=POSITIVE)
    """Hours for which what a person sent stays in the intake after the desk has taken it: codes, sealed words."""
    drafts_max: int = field(default=20_000, metadata=POSITIVE)
    """Sessions that may be under way at once; over that a new one is told to come back in a moment."""
    waiting_max: int = field(default=100_000, metadata=POSITIVE)
    """Sent things that may wait for the desk; over that nothing more is taken until it has caught up."""
    argon2_memory_kib: int = field(default=65_536, metadata={"min": 19_456, "max": 4_194_304})
    """Memory of one look at a receipt's number (Argon2id). Never change it once receipts are out: they would open nothing."""
    argon2_passes: int = field(default=3, metadata={"min": 2, "max": 100})
    """Passes of one look at a receipt's number (Argon2id). Never change it once receipts are out."""
