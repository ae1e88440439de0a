"""The pages of one's own settings: language, passkeys, password and codes, sessions, which keys one holds. Checks no passkey itself."""

import re
from functools import partial
from typing import Final

import msgspec
from starlette.responses import Response

from amparo.access.ways import CodeAsked
from amparo.console.door import Door
from amparo.console.views.signing import Answered, asked
from amparo.console.visit import NUMBER_CHARS_MAX, Visit
from amparo.errors import AmparoError, BadInput, Gone, Refused
from amparo.sealing.keys import open_desk_keys

HERE: Final = "/settings"
DIGEST: Final = re.compile("[0-9a-f]{64}")
OWN_CODE: Final = "/settings/password"


class Kept(msgspec.Struct, frozen=True):
    """What a script is told when it is done. path: where to go on."""

    path: str


def own(visit: Visit, error: AmparoError | None = None) -> Response:
    """The page."""
    staff, signing, me = visit.doors.staff, visit.doors.signing, visit.staff
    return visit.page(
        "settings",
        error,
        offered=visit.doors.pages.offered,
        passkeys=signing.passkeys(me),
        has_password=signing.has_password(me),
        sessions=staff.sessions(me),
        is_fresh=signing.is_fresh(me),
        holds_desk=bool(staff.keys_of(me, "desk")),
    )


def change(visit: Visit) -> Response:
    """One button of the page."""
    try:
        CHANGES[visit.form.act](visit)
    except KeyError:
        return own(visit, BadInput("no_answer", "none of the page's buttons was pressed", "Use a button of the page."))
    except AmparoError as error:
        return own(visit, error)
    return visit.see(HERE, "saved")


def passkey_begin(visit: Visit) -> Response:
    """Options for one more passkey."""
    return asked(visit, visit.doors.signing.begin_another_passkey(visit.staff))


def passkey_finish(visit: Visit) -> Response:
    """Keep it."""
    given = visit.shape(Answered)
    visit.doors.signing.finish_another_passkey(visit.staff, given.token, given.answer, given.name)
    return visit.json(Kept(f"{HERE}?said=saved"))


def password(visit: Visit) -> Response:
    """The page for a password and one-time codes, or others in their place."""
    try:
        return _password_page(visit, visit.doors.signing.begin_own_code(visit.staff))
    except Refused as error:
        return own(visit, error)


def set_password(visit: Visit) -> Response:
    """Keep them; other sessions end."""
    token, signing = visit.form.one("asked"), visit.doors.signing
    try:
        signing.set_password(visit.staff, token, visit.form.one("password"), visit.form.one("code"))
    except (Gone, Refused) as error:
        return own(visit, error)
    except AmparoError as error:
        again = signing.own_code_again(visit.staff, token)
        return _password_page(visit, again, error)
    return visit.see(HERE, "saved")


def _password_page(visit: Visit, wanted: CodeAsked, error: AmparoError | None = None) -> Response:
    return visit.page("settings_password", error, view="settings", asked=wanted)


def _language(visit: Visit) -> None:
    tag = visit.form.one("language")
    if tag not in visit.doors.pages.languages.by_tag:
        raise BadInput("no_answer", "none of the languages was chosen", "Choose one of the list.")
    visit.doors.staff.set_language(visit.staff, tag)


def _drop_passkey(visit: Visit) -> None:
    number = visit.form.one("passkey")
    is_number = number.isascii() and number.isdigit() and len(number) <= NUMBER_CHARS_MAX
    visit.doors.signing.drop_passkey(visit.staff, int(number) if is_number else 0)


def _end_session(visit: Visit) -> None:
    """One of one's own: the page names each by its digest."""
    name = visit.form.one("session")
    visit.doors.staff.end_own_session(visit.staff, bytes.fromhex(name) if DIGEST.fullmatch(name) else b"")


def _take_desk_key(visit: Visit) -> None:
    opened = partial(open_desk_keys, visit.doors.desk_folder, visit.form.one("passphrase"))
    visit.doors.signing.open_key(visit.staff, "desk", opened)


CHANGES: Final = {
    "language": _language,
    "drop-passkey": _drop_passkey,
    "drop-password": lambda visit: visit.doors.signing.drop_password(visit.staff),
    "end-session": _end_session,
    "end-sessions": lambda visit: visit.doors.staff.end_other_sessions(visit.staff),
    "desk-key": _take_desk_key,
}
DOORS: Final = (
    Door("GET", HERE, "own", own),
    Door("POST", HERE, "own", change),
    Door("POST", "/settings/passkeys/begin", "own", passkey_begin),
    Door("POST", "/settings/passkeys/finish", "own", passkey_finish),
    Door("GET", OWN_CODE, "own", password),
    Door("POST", OWN_CODE, "own", set_password),
)
