"""The root of the error tree: every error that leaves a room. Not a place for logic."""

from typing import ClassVar


class AmparoError(Exception):
    """Something went wrong that its reader can act on.

    slug: stable name, part of the API (docs/reference/errors.md). text: what is wrong with which value.
    hint: what to do next. Never holds media, a whole signal, an address of abuse or a person's words.
    """

    http_status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1

    def __init__(self, slug: str, text: str, hint: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(text)
        self.slug = slug
        self.text = text
        self.hint = hint
        self.retry_after_s = retry_after_s


class BadInput(AmparoError):
    """What was sent or typed is malformed."""

    http_status = 400
    exit_status = 2


class Unreadable(BadInput):
    """Well-formed as a request, but its content cannot be used (RFC 9110 section 15.5.21)."""

    http_status = 422


class Unauthenticated(AmparoError):
    """No key, or one that is not good."""

    http_status = 401
    exit_status = 2


class Refused(AmparoError):
    """The key is good, but may not do this."""

    http_status = 403
    exit_status = 2


class NotFound(AmparoError):
    """No such thing, or none this key may see."""

    http_status = 404
    exit_status = 2


class Conflict(AmparoError):
    """It clashes with what is there."""

    http_status = 409
    exit_status = 2


class Gone(AmparoError):
    """It was there and was withdrawn."""

    http_status = 410
    exit_status = 2


class TooLarge(AmparoError):
    """Over a limit of size or count."""

    http_status = 413
    exit_status = 2


class WrongMediaType(AmparoError):
    """A body of a type this route does not take."""

    http_status = 415
    exit_status = 2


class TooSlow(AmparoError):
    """The sender took too long."""

    http_status = 408
    exit_status = 1


class LimitReached(AmparoError):
    """Over a limit of rate; try again later."""

    http_status = 429
    exit_status = 1


class Unavailable(AmparoError):
    """Not now: saturated, busy, out of room."""

    http_status = 503
    exit_status = 1


class NoRoom(Unavailable):
    """The disk is full (RFC 4918 section 11.5)."""

    http_status = 507


class Tampered(AmparoError):
    """Stored state is damaged or was changed by somebody else."""

    http_status = 500
    exit_status = 20


class Misconfigured(AmparoError):
    """The installation or its settings are wrong."""

    http_status = 500
    exit_status = 2
