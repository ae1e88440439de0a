"""One setting's value: from TOML or text to its type, within its bounds, and back to text. Knows no key and no file.

A field says its bounds, and that it is a secret, by its metadata: ``field(default=2, metadata={"min": 1, "max": 64})``,
``metadata={"secret": True}``, or a URL that may hold one, ``metadata={"url": True}``. Without, a number goes from 0 to 2**63 - 1.
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

NUMBER_MAX = 2**63 - 1
TEXT_CHARS_MAX = 4_096
MASK = "(set, not shown)"
WHOLE = re.compile(r"-?[0-9]{1,19}")
BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Unfit(ValueError):
    """The value does not fit. Its text says what would, never what came."""


def fit(value: object, wanted: object, metadata: Mapping[str, Any]) -> object:
    """``value``, from TOML or as text, as ``wanted``: bool, int, float, str, Path or bytes (hex), or one of them or None; or one of the words of a Literal.

    Raises: Unfit.
    """
    if get_origin(wanted) is Literal:
        return _one_of(value, get_args(wanted))
    kind = _plain(wanted)
    fitted = READERS[kind](value)
    if isinstance(fitted, int | float) and not isinstance(fitted, bool):
        _within(fitted, metadata.get("min", 0), metadata.get("max", NUMBER_MAX))
    if isinstance(fitted, bytes) and len(fitted) < (least := metadata.get("min", 0)):
        raise Unfit(f"must be at least {2 * least} hex digits")
    return fitted


def told(value: object, metadata: Mapping[str, Any]) -> str:
    """The value as a person reads it; a secret only as set or not, a URL without password and parameters."""
    if metadata.get("secret"):
        return MASK if value else ""
    if metadata.get("url"):
        return _without_secrets(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _without_secrets(url: str) -> str:
    """The URL with what may be secret masked: all between the user's name and the last @, and what stands behind a question mark."""
    scheme, found, rest = url.partition("://")
    where, asked, _ = rest.partition("?")
    who, at, place = where.rpartition("@")
    user, colon, _ = who.partition(":")
    return f"{scheme}{found}{user}{colon and ':***'}{at}{place}{asked and '?***'}"


def _plain(wanted: object) -> object:
    kinds = [each for each in get_args(wanted) if each is not type(None)] if isinstance(wanted, UnionType) else [wanted]
    assert len(kinds) == 1, f"a setting of one type, not {wanted}"
    assert kinds[0] in READERS, f"no setting is of type {wanted}"
    return kinds[0]


def _one_of(value: object, words: tuple[str, ...]) -> str:
    if value not in words:
        raise Unfit(f"must be one of {', '.join(words)}")
    return str(value)


def _within(number: float, least: float, most: float) -> None:
    if not math.isfinite(number) or not least <= number <= most:
        raise Unfit(f"must be a number from {least} to {most}")


def _boolean(value: object) -> bool:
    if isinstance(value, str):
        value = BOOLEANS.get(value.lower(), value)
    if not isinstance(value, bool):
        raise Unfit("must be true or false")
    return value


def _whole(value: object) -> int:
    if isinstance(value, str) and WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit("must be a whole number")
    return value


def _real(value: object) -> float:
    try:
        return math.nan if isinstance(value, bool) or not isinstance(value, int | float | str) else float(value)
    except (ValueError, OverflowError):
        return math.nan  # refused by its bounds


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or not value.isprintable():
        raise Unfit(f"must be one line of text of at most {TEXT_CHARS_MAX} characters")
    return value


def _path(value: object) -> Path:
    text = _text(value)
    if not text:
        raise Unfit("must name a file or folder")
    return Path(text)


def _digits(value: object) -> bytes:
    try:
        return bytes.fromhex(_text(value))
    except ValueError:
        raise Unfit("must be hex digits, two a byte") from None


READERS: dict[object, Callable[[object], object]] = {
    bool: _boolean,
    int: _whole,
    float: _real,
    str: _text,
    Path: _path,
    bytes: _digits,
}
