"""The settings of the cases room."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CasesSettings:
    """Where a person's hashes are listed, and what matches of them suggest."""

    bank: str = "portal"
    """The bank of what persons protect who state that they were adults in it; made when first needed."""
    bank_under_18: str = "portal_under_18"
    """The bank of what shows a person who was or may have been under 18; made when first needed, and its action is hide."""
    new_action: str = "review"
    """What matches of the first bank suggest once it is made: review or hide. Later it is changed with `amparo bank set`."""
    codes_max: int = field(default=20_000, metadata={"min": 1, "max": 20_000})
    """Codes one case may hold, those of a video's frames counted one by one; more are not listed."""
