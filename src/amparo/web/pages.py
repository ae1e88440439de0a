"""Pages made of templates: every value escaped, a missing one an error of ours. Knows no page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from amparo.web.words import Languages, Words, install


@dataclass(frozen=True, slots=True)
class Templates:
    """Where a room's templates lie, and what is the same on all of them.

    title: of every page. policies: the Content-Security-Policy of a template whose page has another than the process.
    filters: more of Jinja's filters, by name; each is given the words of the page's language and makes the filter.
    """

    package: str
    title: str
    policies: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Callable[[Words], Callable[..., object]]] = field(default_factory=dict)


class Pages:
    """Renders templates in each of the languages."""

    def __init__(self, templates: Templates, languages: Languages) -> None:
        self.languages = languages
        self.offered = languages.offered
        self._templates = templates
        self._environments = {words.tag: _environment(templates, words) for words in self.offered}

    def html(self, template: str, language: str, values: Mapping[str, object]) -> str:
        """The page. language: a tag, English where there is none such."""
        words = self.languages.of(language)
        page = self._environments[words.tag].get_template(f"{template}.html")
        return page.render(title=self._templates.title, language=words, **values)

    def answer(self, template: str, language: str, values: Mapping[str, object], status: int = 200) -> Response:
        """The page as an answer with its policy."""
        headers = {"content-language": self.languages.of(language).tag}
        if policy := self._templates.policies.get(template):
            headers["content-security-policy"] = policy
        return Response(self.html(template, language, values), status, headers, "text/html")

    def words(self, language: str) -> Words:
        """The language of that tag."""
        return self.languages.of(language)


def _environment(templates: Templates, words: Words) -> Environment:
    environment = Environment(
        loader=PackageLoader(templates.package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    install(environment, words)
    environment.filters.update({name: make(words) for name, make in templates.filters.items()})
    return environment
