"""What the doctor finds of how the portal is set before persons. Opens nothing."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from amparo.app.doctor.model import Finding, Installation
from amparo.portal.settings import PortalSettings


def door(installation: Installation) -> Iterator[Finding]:
    """Browsers reach it by HTTPS, and limits by place count persons and not the proxy in front."""
    portal = installation.settings.section(PortalSettings)
    if not portal.public_url:
        yield Finding("portal", "ok", "the portal is for trying it out here alone: portal.public_url is empty")
        return
    if (urlsplit(portal.public_url).hostname or "").endswith(".onion"):
        yield Finding("portal", "ok", "the portal is an onion service, whose line is sealed without TLS")
    elif not portal.public_url.startswith("https://"):
        hint = "Put a proxy with TLS in front and write portal.public_url as https://…: what persons type travels in the clear."
        yield Finding("portal", "bad", "portal.public_url is not https://", hint)
    elif not portal.proxies:
        hint = "Name the proxy's address in portal.proxies, or all who come count as one place and shut each other out."
        yield Finding("portal", "warn", "portal.public_url is https://, and portal.proxies names no proxy", hint)
    else:
        yield Finding("portal", "ok", "the portal is behind HTTPS, and its proxy is named")
