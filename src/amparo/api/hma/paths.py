"""Which paths are HMA's, and how they come in: with slashes doubled, with the key in front. Serves none of them."""

import re
from typing import Final

from starlette.types import Scope

OPEN_PATHS: Final = frozenset({"/status", "/status/live"})
PREFIXES: Final = ("/h/", "/m/", "/c/")
KEYED: Final = "/hma"
SLASHES: Final = re.compile("//+")


def is_hma(path: str) -> bool:
    """Whether HMA's shapes are spoken there, in errors too."""
    return path.startswith(PREFIXES) or path in OPEN_PATHS or path == KEYED


def settle(scope: Scope) -> str | None:
    """Take doubled slashes as one on HMA's paths, and cut the key out of ``/hma/{key}/…``: the key, None without one.

    From here on nothing of the request holds the key. What follows it and is none of HMA's paths becomes ``/hma``, no route.
    """
    path, key = SLASHES.sub("/", scope["path"]), None
    if path.startswith(f"{KEYED}/"):
        key, _, rest = path[len(KEYED) + 1 :].partition("/")
        path = f"/{rest}" if is_hma(f"/{rest}") else KEYED
    if is_hma(path):
        scope["path"], scope["raw_path"] = path, path.encode("utf-8", "surrogatepass")
    return key
