"""The headers of every answer: what a browser may do on a page, and above all what it may not. Knows no page."""

from collections.abc import Mapping
from typing import Final

DIRECTIVES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'none'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "page",
}
DENIED: Final = (
    "accelerometer", "ambient-light-sensor", "attribution-reporting", "autoplay", "battery", "bluetooth", "browsing-topics",
    "camera", "clipboard-read", "clipboard-write", "compute-pressure", "display-capture", "encrypted-media", "fullscreen",
    "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer",
    "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "publickey-credentials-create",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb", "web-share",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
"""Features of browsers that no page needs, but for those a room names."""
HSTS: Final = "max-age=31536000"


def policy(changes: Mapping[str, str] | None = None) -> str:
    """A Content-Security-Policy: the strict one, with other sources for the directives in ``changes``."""
    return "; ".join(f"{name} {sources}" for name, sources in {**DIRECTIVES, **(changes or {})}.items())


STRICT: Final = policy()


def headers(*, is_secure: bool, csp: str = STRICT, allowed: frozenset[str] = frozenset()) -> dict[str, str]:
    """The headers of every answer. A page with another Content-Security-Policy than ``csp`` keeps its own.

    is_secure: browsers reach us by https, and shall do nothing else. allowed: features our own pages may use after all.
    """
    found = {
        "content-security-policy": csp,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "permissions-policy": ", ".join(f"{each}=({'self' if each in allowed else ''})" for each in DENIED),
        "x-robots-tag": "noindex, nofollow, noarchive",
        "x-frame-options": "DENY",
    }
    return {**found, "strict-transport-security": HSTS} if is_secure else found
