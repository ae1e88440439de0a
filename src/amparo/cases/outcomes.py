"""What a room above tells of cases in its own transaction: what came of their contents. It decides nothing and shows nothing: the desk does."""

from collections.abc import Sequence

from sqlalchemy import Connection

from amparo.cases import rows
from amparo.cases.model import Outcome


def standing_within(connection: Connection, content_ids: Sequence[int]) -> set[int]:
    """Those of these contents that a person's case asks for: listed by it, and not taken back."""
    found = rows.items_of_contents(connection, content_ids)
    return {content_id for content_id, item in found.items() if item.state == "listed"}


def note_outcome_within(connection: Connection, outcome: Outcome) -> bool:
    """Show it to the person whose case listed that content; False where there is none, or that cause is told already."""
    item = rows.items_of_contents(connection, [outcome.content_id]).get(outcome.content_id)
    if item is None:
        return False
    key = item.case_id, item.number, outcome.client, outcome.state
    values = {"reason": outcome.reason, "cause": outcome.cause, "at_us": outcome.at_us}
    is_new = rows.add_outcome(connection, key, values)
    if is_new:
        at = f" at {outcome.client}" if outcome.client else ""
        why = f" ({outcome.reason})" if outcome.reason else ""
        rows.log_once(connection, item.case_id, outcome.at_us, f"file {item.number}: {outcome.state}{at}{why}", outcome.cause)  # fmt: skip
        rows.touch(connection, item.case_id)
    return is_new
