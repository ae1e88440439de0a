"""What the scripts of the portal say, by page and key. Scripts hold no sentence: ``static/words.js`` reads these from the page.

A pair is a sentence for one thing and for many, chosen by the value ``n``. Placeholders as everywhere: ``%(name)s``.
"""

from typing import Final

Pair = tuple[str, str]

SAID: Final[dict[str, dict[str, str | Pair]]] = {"files": {}}
