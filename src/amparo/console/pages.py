"""How the console's pages are made: its catalogues, templates and files. Makes no page itself."""

from importlib.resources import files
from typing import Final

from amparo.console.filters import FILTERS
from amparo.console.said import SAID
from amparo.console.settings import ConsoleSettings
from amparo.web.assets import Assets
from amparo.web.pages import Pages, Templates
from amparo.web.words import Domain, Languages

WORDS: Final = Domain("amparo.console", "console", SAID)


def pages(languages: Languages, settings: ConsoleSettings) -> Pages:
    """Its pages in the languages that are offered. Raises: Misconfigured (bad_language)."""
    offered = languages.only([tag.strip() for tag in settings.languages.split(",")], "console.languages")
    return Pages(Templates("amparo.console", settings.title, filters=FILTERS), offered)


def assets() -> Assets:
    """Its style and scripts, and the hash kinds."""
    return Assets(files("amparo.console").joinpath("static"))
