"""Pages made of templates: every value escaped, a missing one an error of ours. Knows no step and no session."""

from collections.abc import Mapping
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from amparo.portal.settings import PortalSettings
from amparo.portal.words import Languages, Words, install

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{blob}; media-src {media}; worker-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types page"
)
STRICT: Final = POLICY.format(blob="", media="'none'")
"""The policy of every answer but one page."""
WITH_FILES: Final = POLICY.format(blob=" blob:", media="blob:")
"""The policy of the page where files are chosen: a picture of hers may be decoded out of the browser's own memory."""


class Pages:
    """Renders templates in each language."""

    def __init__(self, languages: Languages, settings: PortalSettings) -> None:
        self.languages = languages.only([tag.strip() for tag in settings.languages.split(",")])
        self.offered = self.languages.offered
        self._title = settings.title
        self._environments = {words.tag: _environment(words) for words in self.offered}

    def html(self, template: str, language: str, values: Mapping[str, object]) -> str:
        """The page. language: a tag, English where there is none such."""
        words = self.languages.of(language)
        page = self._environments[words.tag].get_template(f"{template}.html")
        return page.render(title=self._title, language=words, **values)

    def answer(self, template: str, language: str, values: Mapping[str, object], status: int = 200) -> Response:
        """The page as an answer with its policy."""
        policy = WITH_FILES if template == "files" else STRICT
        headers = {"content-language": self.languages.of(language).tag, "content-security-policy": policy}
        return Response(self.html(template, language, values), status, headers, "text/html")

    def words(self, language: str) -> Words:
        """The language of that tag."""
        return self.languages.of(language)


def _environment(words: Words) -> Environment:
    environment = Environment(
        loader=PackageLoader("amparo.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    install(environment, words)
    return environment
