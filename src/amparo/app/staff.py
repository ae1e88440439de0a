"""How the accounts of staff are put together: the console's secret, whose passkeys they are, the first invitation. Signs nobody in."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from amparo.access.passkeys import Site
from amparo.access.signing import Signing
from amparo.access.staff import Staff
from amparo.access.staff_model import MINUTE_US, SessionTimes
from amparo.app.intake import secrets_of
from amparo.app.rooms import Rooms
from amparo.app.settings import Settings
from amparo.console.settings import ConsoleSettings
from amparo.errors import BadInput, Misconfigured
from amparo.sealing.age import Identity
from amparo.sealing.keys import has_desk_key, open_desk_keys
from amparo.store.durable import secret_file

CONSOLE_KEY: Final = "console.key"
KEY_BYTES: Final = 32
LOCALHOST: Final = "http://localhost"


def staff_of(rooms: Rooms) -> Staff:
    """The accounts, without the console's secret: for all who only seal to staff, invite them or list them."""
    return Staff(rooms.db, rooms.clock, b"", times_of(rooms.settings))


def staff_with_secret(rooms: Rooms) -> Staff:
    """The accounts, for the console, which signs them in. Raises: Misconfigured (secret_missing, secret_damaged)."""
    return Staff(rooms.db, rooms.clock, console_secret(rooms), times_of(rooms.settings))


def times_of(settings: Settings) -> SessionTimes:
    """How long sessions last."""
    console = settings.section(ConsoleSettings)
    return SessionTimes(console.idle_minutes * MINUTE_US, console.session_hours * 60 * MINUTE_US)


def console_secret(rooms: Rooms) -> bytes:
    """AMPARO_CONSOLE_KEY, or the file; made where nobody has an account yet. Raises: Misconfigured (secret_missing, secret_damaged)."""
    given, path = rooms.settings.deployment.console_key, key_path(rooms.settings)
    if not given and not path.exists() and Staff(rooms.db, rooms.clock, b"").members():
        raise Misconfigured(
            "secret_missing",
            "console.key is missing, and the keys of staff are locked with it",
            "Put secrets/console.key back from a backup, or set AMPARO_CONSOLE_KEY; lost for good: see docs/operate.md, lost console key.",
        )
    return given or secret_file(path, KEY_BYTES)


def key_path(settings: Settings) -> Path:
    """Where the console's secret is kept, unless it is given."""
    return secrets_of(settings.deployment) / CONSOLE_KEY


def site_of(settings: Settings, port: int) -> Site:
    """Whose passkeys these are: of the host under which staff reach the console; port: of the console, where it has no address of its own."""
    console = settings.section(ConsoleSettings)
    address = urlsplit(address_of(settings, port))
    return Site(address.hostname or "localhost", f"{address.scheme}://{address.netloc.lower()}", console.title)


def address_of(settings: Settings, port: int) -> str:
    """Where staff reach the console, without a slash at the end."""
    return settings.section(ConsoleSettings).public_url.rstrip("/") or f"{LOCALHOST}:{port}"


def signing_of(rooms: Rooms, staff: Staff, port: int) -> Signing:
    """Signing up and in at the console on that port."""
    return Signing(staff, site_of(rooms.settings, port))


def link_to(settings: Settings, port: int, token: str) -> str:
    """The address of an invitation."""
    return f"{address_of(settings, port)}/sign-up/{token}"


def desk_keys(settings: Settings) -> Sequence[Identity]:
    """The desk's keys where AMPARO_DESK_PASSPHRASE opens them, else none."""
    folder, passphrase = secrets_of(settings.deployment), settings.deployment.desk_passphrase
    if not passphrase or not has_desk_key(folder):
        return ()
    try:
        return open_desk_keys(folder, passphrase)
    except BadInput:  # it was for another start: what it does not open stays closed
        return ()


def invite_first(rooms: Rooms, port: int, keys: Sequence[Identity]) -> None:
    """Where nobody has an account yet and no invitation is open, say the link by which the first admin signs up.

    keys: of the desk, as far as they are open at this moment; they come with the link.
    """
    staff = staff_of(rooms)
    if any(one.ended_at is None for one in staff.members()):
        return
    if staff.invitations.open():
        _say("nobody of the staff has an account yet; the sign-up link of an earlier start can still be used")
        _say("lost it? `amparo staff invite` makes another")
        return
    link = link_to(rooms.settings, port, staff.invite("admin", keys={"desk": keys}))
    _say("nobody of the staff has an account yet: whoever opens this link within the hour signs up as the first admin")
    _say(f"    {link}")
    if keys:
        _say("with it comes the desk key, so that they can read what persons write")


def _say(text: str) -> None:
    sys.stderr.write(f"amparo: {text}\n")
    sys.stderr.flush()
