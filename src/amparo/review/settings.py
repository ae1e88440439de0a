"""The settings of the review room."""

from dataclasses import dataclass, field
from typing import Literal

POSITIVE = {"min": 1}
COUNT = {"min": 0}


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Times and limits of what staff do."""

    lock_minutes: int = field(default=10, metadata=POSITIVE)
    """How long a card stays with who opened it, unless decided, skipped or passed on before."""
    undo_minutes: int = field(default=10, metadata=POSITIVE)
    """How long a decision can be taken back by who made it."""
    confirm_action: Literal["hide", "remove"] = "remove"
    """What is asked of the platform when staff confirm, unless they choose otherwise on the card."""
    hide_match_h: int = field(default=168, metadata=POSITIVE)
    """Hours an interim hide after a match stands without a decision, where no person's case asks for it."""
    hide_request_h: int = field(default=720, metadata=POSITIVE)
    """Hours an interim hide stands without a decision where a person's case asks for it (Korea, Network Act 44-2: up to 30 days)."""
    hide_reports: Literal["none", "urgent", "all"] = "none"
    """Which reports hide their item until staff decide: none; those that it may show somebody under 18, spreads now or threatens; all."""
    hide_report_h: int = field(default=48, metadata=POSITIVE)
    """Hours an interim hide after a report stands without a decision."""
    undo_standing_per_day: int = field(default=3, metadata=COUNT)
    """How many confirmations against which a person's case stands one of the staff may take back alone in 24 hours."""
    media: Literal["none", "sealed", "fetch"] = "none"
    """What may be looked at: nothing; uploads that met, sealed to the reviewers' keys; or the client's own copy, fetched at the look."""
    media_hours: int = field(default=72, metadata=POSITIVE)
    """How long a sealed upload is kept for a look."""
    media_bytes_max: int = field(default=4 * 1024**3, metadata=POSITIVE)
    """Bytes of sealed uploads kept for looks in all; what comes when there is no room is not kept."""
    media_folder: str = ""
    """Where sealed uploads are kept; empty: the folder `held` of the data folder. Where several machines serve, one folder they share."""
    look_seconds: int = field(default=20, metadata={"min": 1, "max": 300})
    """How long one granted look can last; what is not reported counts in full."""
    looks_day: int = field(default=40, metadata=POSITIVE)
    """Looks one of the staff may take in 24 hours, at most; the desk, the person and their carer can make it less, never more."""
    look_seconds_day: int = field(default=400, metadata=POSITIVE)
    """Seconds of looking in 24 hours, likewise."""
    looks_28_days: int = field(default=400, metadata=POSITIVE)
    """Looks in 28 days, likewise."""
    look_seconds_28_days: int = field(default=4_000, metadata=POSITIVE)
    """Seconds of looking in 28 days, likewise."""
    webhook_timeout_ms: int = field(default=10_000, metadata=POSITIVE)
    """How long one delivery may take."""
    webhook_tries_max: int = field(default=20, metadata=POSITIVE)
    """Deliveries of one message before it is set aside as a dead letter."""
    webhook_days_max: int = field(default=7, metadata=POSITIVE)
    """Days a message waits for its webhook before it is set aside as a dead letter, however often it was tried."""
