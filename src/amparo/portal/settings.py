"""The settings of the portal room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How often within an hour. A place is one address, or one network of addresses (IPv6): behind one a whole town may stand."""

    sessions_per_place: int = field(default=300, metadata=POSITIVE)
    """Visits begun from one place in an hour."""
    sessions: int = field(default=20_000, metadata=POSITIVE)
    """Visits begun in an hour, all places together."""
    guesses_per_place: int = field(default=60, metadata=POSITIVE)
    """Receipt numbers and helper keys typed at one place in an hour, right ones too."""
    guesses: int = field(default=3_000, metadata=POSITIVE)
    """Receipt numbers and helper keys typed in an hour, all places together."""
    cases_per_place: int = field(default=20, metadata=POSITIVE)
    """New cases from one place in an hour; a helper who enters for callers is counted by her key instead."""
    cases: int = field(default=1_000, metadata=POSITIVE)
    """New cases in an hour, all places together."""
    tips_per_place: int = field(default=20, metadata=POSITIVE)
    """New tips from one place in an hour."""
    tips: int = field(default=500, metadata=POSITIVE)
    """New tips in an hour, all places together."""
    messages_per_place: int = field(default=60, metadata=POSITIVE)
    """Messages and changes of safe-contact words from one place in an hour."""
    messages: int = field(default=3_000, metadata=POSITIVE)
    """Messages and changes of safe-contact words in an hour, all places together."""
    file_parts_per_place: int = field(default=600, metadata=POSITIVE)
    """Parts of file hashes (each at most 256 KiB) from one place in an hour."""
    file_parts: int = field(default=20_000, metadata=POSITIVE)
    """Parts of file hashes in an hour, all places together."""
    unproved_percent: int = field(default=25, metadata={"min": 1, "max": 100})
    """The share of each limit that holds for requests without a proof of work, as from a browser with scripts off; counted apart."""
    work_bits: int = field(default=17, metadata={"min": 1, "max": 30})
    """Leading zero bits a proof of work needs: each bit more doubles the work of a browser."""
    work_minutes: int = field(default=120, metadata={"min": 1, "max": 1_440})
    """How long the question of a proof of work stays good after its page was made."""
