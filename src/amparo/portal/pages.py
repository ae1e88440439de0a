"""How the portal's pages are made: its catalogues, its templates, and the one page with another policy. Makes no page itself."""

from importlib.resources import files
from typing import Final

from amparo.portal.said import SAID
from amparo.portal.settings import PortalSettings
from amparo.web.assets import Assets
from amparo.web.pages import Pages, Templates
from amparo.web.policy import policy
from amparo.web.words import Domain, Languages

WORDS: Final = Domain("amparo.portal", "portal", SAID)
WITH_FILES: Final = policy({"img-src": "'self' blob:", "media-src": "blob:"})
"""The policy of the page where files are chosen: a picture of hers may be decoded out of the browser's own memory."""


def pages(languages: Languages, settings: PortalSettings) -> Pages:
    """Its pages in the languages that are offered. Raises: Misconfigured (bad_language)."""
    offered = languages.only([tag.strip() for tag in settings.languages.split(",")], "portal.languages")
    return Pages(Templates("amparo.portal", settings.title, {"files": WITH_FILES}), offered)


def assets() -> Assets:
    """Its style and scripts, and the hash kinds."""
    return Assets(files("amparo.portal").joinpath("static"))
