"""What the doctor finds of how the portal and the console are set before those who use them. Opens nothing."""

from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from amparo.app.doctor.model import Finding, Installation
from amparo.console.settings import ConsoleSettings
from amparo.portal.settings import PortalSettings


class Seen(Protocol):
    """How pages are seen from outside."""

    @property
    def public_url(self) -> str:
        """Address under which browsers come."""
        ...

    @property
    def proxies(self) -> str:
        """Networks whose X-Forwarded-For is believed."""
        ...


def door(installation: Installation) -> Iterator[Finding]:
    """Browsers reach the portal by HTTPS, and limits by place count persons and not the proxy in front."""
    yield _door("portal", installation.settings.section(PortalSettings), "what persons type")


def console(installation: Installation) -> Iterator[Finding]:
    """The same of the console."""
    yield _door("console", installation.settings.section(ConsoleSettings), "what staff type and read")


def _door(name: str, settings: Seen, typed: str) -> Finding:
    if not settings.public_url:
        return Finding(name, "ok", f"the {name} is for trying it out here alone: {name}.public_url is empty")
    if (urlsplit(settings.public_url).hostname or "").endswith(".onion"):
        return Finding(name, "ok", f"the {name} is an onion service, whose line is sealed without TLS")
    if not settings.public_url.startswith("https://"):
        hint = f"Put a proxy with TLS in front and write {name}.public_url as https://…: {typed} travels in the clear."
        return Finding(name, "bad", f"{name}.public_url is not https://", hint)
    if not settings.proxies:
        hint = (
            f"Name the proxy's address in {name}.proxies, or all who come count as one place and shut each other out."
        )
        return Finding(name, "warn", f"{name}.public_url is https://, and {name}.proxies names no proxy", hint)
    return Finding(name, "ok", f"the {name} is behind HTTPS, and its proxy is named")
