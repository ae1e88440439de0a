"""Bodies as they come in: bounded in size and time, kept in memory. Knows no route and no format."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from amparo.errors import TooLarge, TooSlow

LENGTH_DIGITS_MAX = 18  # more is over every limit, and int() refuses thousands of them


def media_type_of(request: Request) -> str:
    """The bare media type of the body, lower-case, "" when none is named."""
    return header(request, b"content-type").partition(";")[0].strip().lower()


def header(request: Request, name: bytes) -> str:
    """The first header of that lower-case name as Latin-1, "" where there is none."""
    for each, value in request.scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return ""


async def whole(request: Request, bytes_max: int, ms_max: int) -> bytes:
    """The whole body. Raises: TooLarge (too_large), TooSlow (too_slow)."""
    declared = header(request, b"content-length").lstrip("0")
    if declared.isascii() and declared.isdigit() and (len(declared) > LENGTH_DIGITS_MAX or int(declared) > bytes_max):
        raise too_large(bytes_max)
    parts, size = [], 0
    try:
        async with asyncio.timeout(ms_max / 1000):
            while True:  # the server's messages themselves: most bodies come in one, and it is not copied
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part = message.get("body", b"")
                size += len(part)
                if size > bytes_max:
                    raise too_large(bytes_max)
                parts.append(part)
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError as error:
        raise too_slow() from error


def too_large(bytes_max: int) -> TooLarge:
    """The error for a body over its limit."""
    return TooLarge("too_large", f"the body is over {bytes_max} bytes", "Send less at once.")


def too_slow() -> TooSlow:
    """The error for a body that takes too long."""
    return TooSlow("too_slow", "the body did not arrive in time", "Send it again over a better line.")
