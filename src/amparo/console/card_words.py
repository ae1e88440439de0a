"""What stands on a card in words: kinds, queues, reasons, what was ordered and how it stands. Decides nothing."""

from collections.abc import Mapping
from typing import Final

from amparo.review.model import ActionName, Ground, QueueName, SecondKind, WorkKind, WorkState
from amparo.web.words import LANGUAGES, N_

KINDS: Final[Mapping[WorkKind, str]] = {
    "match": N_("Match"),
    "report": N_("Report"),
    "case": N_("Case"),
    "tip": N_("Tip"),
}
QUEUES: Final[Mapping[QueueName, str]] = {"adult": N_("Adults"), "under_18": N_("Under 18")}
STATES: Final[Mapping[WorkState, str]] = {
    "open": N_("Open"),
    "second": N_("Waits for a second answer"),
    "done": N_("Decided"),
}
STANDING: Final[Mapping[ActionName, str]] = {
    "hide": N_("Hidden for now"),
    "remove": N_("Removed"),
    "restore": N_("Shown"),
}
"""How a copy stands after the last action ordered for it."""
ORDERS: Final[Mapping[ActionName, str]] = {"remove": N_("Remove"), "hide": N_("Keep hidden")}
"""What is asked of the platform when staff confirm."""
REASONS: Final[Mapping[str, str]] = {
    "other_picture": N_("It is another picture"),
    "no_ground": N_("There is no ground to act"),
    "listing_wrong": N_("The listing itself is wrong"),
}
"""Why it is not this. The last says so of what is listed, for everybody."""
SEVERITIES: Final[Mapping[str, str]] = {
    "0": N_("Not said"),
    "1": N_("Less serious"),
    "2": N_("Serious"),
    "3": N_("Very serious"),
}
CAUSES: Final[Mapping[str, str]] = {
    "facts": N_("The facts here say so"),
    "looked": N_("I looked"),
    "told": N_("Somebody told us"),
}
"""How one of the staff knows that it may show somebody under 18."""
ANSWERS: Final[Mapping[str, str]] = {
    "confirm": N_("Confirmed"),
    "not_this": N_("Not this"),
    "undo": N_("Taken back"),
}
OPINIONS: Final[Mapping[str, str]] = {
    "positive_class": N_("right"),
    "negative_class": N_("wrong"),
    "investigation_seed": N_("under investigation"),
}
SECONDS: Final[Mapping[SecondKind, str]] = {
    "bank_entry": N_("List in a bank"),
    "clear_minor": N_("Take the under-18 mark away"),
    "lift_hide": N_("Decide what a person asked to hide"),
    "open_tip": N_("Open a sealed tip"),
    "export": N_("Take the list of a bank away"),
}
"""What is asked of a second person; none of it says what the first answered."""
ASKED: Final[Mapping[str, str]] = {
    "bank": N_("Bank"),
    "number": N_("Hashes"),
    "kind": N_("Kind"),
    "media_type": N_("Kind of file"),
    "client": N_("Platform"),
    "item_id": N_("Item"),
    "asked_by": N_("Asked by"),
    "reason": N_("Why, and for whom"),
}
"""Names of what a second person is told."""
GROUNDS: Final[Mapping[Ground, str]] = {
    "match": N_("a match"),
    "request": N_("a person's case"),
    "report": N_("a report"),
    "decision": N_("a decision"),
}
PURPOSES: Final[Mapping[str, str]] = {
    "match": N_("Find copies of it here"),
    "desk": N_("Be written to by the desk"),
    "share": N_("Share the fingerprints with others"),
    "statistics": N_("Count it in figures"),
}
"""What a person may have consented to."""
AGES: Final[Mapping[str, str]] = {
    "adult_stated": N_("An adult, as stated"),
    "minor_possible": N_("Perhaps under 18"),
    "minor_stated": N_("Under 18, as stated"),
}
HAPPENED: Final[Mapping[str, str]] = {
    "shared": N_("it was shared"),
    "threatened": N_("somebody threatens with it"),
    "filmed": N_("made in secret"),
    "told": N_("somebody told of it"),
    "fake": N_("it is made up"),
}
ABOUT: Final[Mapping[str, str]] = {
    "person": N_("a person"),
    "group": N_("a group or channel"),
    "camera": N_("a hidden camera"),
    "other": N_("something else"),
}
TABLES: Final = {
    "KINDS": KINDS,
    "QUEUES": QUEUES,
    "STATES": STATES,
    "STANDING": STANDING,
    "ORDERS": ORDERS,
    "REASONS": REASONS,
    "SEVERITIES": SEVERITIES,
    "CAUSES": CAUSES,
    "ANSWERS": ANSWERS,
    "OPINIONS": OPINIONS,
    "SECONDS": SECONDS,
    "ASKED": ASKED,
    "GROUNDS": GROUNDS,
    "PURPOSES": PURPOSES,
    "AGES": AGES,
    "HAPPENED": HAPPENED,
    "ABOUT": ABOUT,
    "TONGUES": LANGUAGES,
}
