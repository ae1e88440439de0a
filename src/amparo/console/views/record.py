"""The record: what was decided and taken back, who read or searched, what was done to accounts and banks. Never what was searched for, and nobody's looks."""

from collections.abc import Mapping
from typing import Final, get_args

from starlette.responses import Response

from amparo.access.staff_model import BANK_CHANGES, CHANGES_OF, ChangeFilter, DoerKind, StaffChangeName
from amparo.console.card_words import TABLES
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.web.words import N_

PAGE: Final = 100
READS: Final = {
    "case": N_("read a case"),
    "card": N_("saw a card with facts of a case"),
    "tip_card": N_("saw the card of a tip"),
    "cases": N_("searched the cases"),
    "tip": N_("read a tip"),
    "receipt": N_("made a new receipt"),
    "search": N_("searched the banks"),
    "content": N_("looked something listed up"),
    "bank_list": N_("took a list of a bank"),
}
"""What was read, by its name in the log; another name is told as it is."""
CHANGES: Final[Mapping[StaffChangeName, str]] = {
    "invited": N_("made a link for a new account"),
    "link_made": N_("made a link to begin anew"),
    "link_taken_back": N_("took a link back"),
    "signed_up": N_("their link was used: a new account"),
    "began_anew": N_("their link was used: the account began anew"),
    "role_changed": N_("changed the role"),
    "signed_out": N_("signed them out everywhere"),
    "ended": N_("ended the account"),
    "key_handed_over": N_("handed over a key"),
    "key_opened": N_("opened a key by its passphrase"),
    "bank_made": N_("made a bank"),
    "bank_changed": N_("changed the policy of a bank"),
    "bank_deleted": N_("deleted a bank"),
    "content_off": N_("turned a content off"),
    "content_on": N_("turned a content on"),
    "content_released": N_("released a content from the guard"),
    "content_withdrawn": N_("withdrew a content"),
}
"""What was done to an account or a bank, said after who did it."""
SETTINGS: Final[Mapping[str, str]] = {
    "name": N_("name"),
    "polarity": N_("what it holds"),
    "action": N_("what matches suggest"),
    "paused": N_("paused"),
    "staged_share": N_("share of items"),
}
"""Settings of a bank's policy; a threshold is told by its kind."""
KEYS: Final[Mapping[str, str]] = {"desk": N_("the desk key"), "tips": N_("the key of sealed tips")}


def decisions(visit: Visit) -> Response:
    """What was decided, newest first."""
    found = visit.doors.deciding.made(visit.place_in("before"), PAGE)
    more = f"/record?before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page("record", decisions=found, more=more, says=TABLES)


def reads(visit: Visit) -> Response:
    """What was read, newest first."""
    found = visit.doors.staff.record.reads(visit.place_in("before"), PAGE)
    more = f"/record/reads?before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page("record_reads", view="record", reads=found, more=more, names=READS)


def changes(visit: Visit) -> Response:
    """What was done to accounts and banks, newest first."""
    wanted = ChangeFilter(visit.query.among("of", CHANGES_OF), visit.query.among("by", get_args(DoerKind)))
    found = visit.doors.staff.record.changes(visit.place_in("before"), PAGE, wanted)
    kept = "".join(f"{name}={text}&" for name, text in (("of", wanted.of), ("by", wanted.by)) if text)
    more = f"/record/staff?{kept}before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page(
        "record_staff",
        view="record",
        changes=found,
        wanted=wanted,
        more=more,
        names=CHANGES,
        keys=KEYS,
        of_banks=BANK_CHANGES,
        settings=SETTINGS,
    )


DOORS: Final = (
    Door("GET", "/record", "record.read", decisions),
    Door("GET", "/record/reads", "record.read", reads),
    Door("GET", "/record/staff", "record.read", changes),
)
