"""Types as an input method does: letters that are being composed, then what was chosen. WebKitGTK has no door for it.

What the page gets is what it gets from a keyboard in Chinese or Korean: compositionstart, compositionupdate, compositionend, and no
Enter or Escape of its own while it lasts. Chromium gives the last of them as not trusted (``event.isTrusted``).
"""

from collections.abc import Sequence

from tests.browser.chromium import ChromiumPage
from tests.browser.firefox import FirefoxPage

# The input goes to the tab that has the focus.
COMPOSE = """
const [texts, chosen, strokes] = arguments;
const typist = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
if (!typist.beginInputTransaction(window, () => true)) throw new Error("Firefox gives no input transaction");
for (const text of texts) {
  typist.setPendingCompositionString(text);
  if (text) typist.appendClauseToPendingComposition(text.length, typist.ATTR_RAW_CLAUSE);
  typist.setCaretInPendingComposition(text.length);
  if (!typist.flushPendingComposition()) throw new Error("Firefox takes no composition");
}
for (const key of strokes) {
  const stroke = new window.KeyboardEvent("", {key});
  typist.keydown(stroke);
  typist.keyup(stroke);
}
if (chosen === null) typist.cancelComposition(); else typist.commitCompositionWith(chosen);
"""


def compose(
    page: ChromiumPage | FirefoxPage, texts: Sequence[str], chosen: str | None, strokes: Sequence[str] = ()
) -> None:
    """Compose in what has the focus. texts: what stands there meanwhile, one after the other. chosen: None when it is given up.

    strokes: keys that are pressed while the last of them stands there, by their names in the DOM.
    """
    if isinstance(page, FirefoxPage):
        page.chrome(COMPOSE, list(texts), chosen, list(strokes))
        return
    for text in texts:
        caret = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        page.devtools.send("Input.imeSetComposition", caret)
    page.press(*strokes)
    if chosen is None:
        page.devtools.send("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    else:
        page.devtools.send("Input.insertText", {"text": chosen})
