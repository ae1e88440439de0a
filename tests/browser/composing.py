"""Types as an input method does: letters that are being composed, then what was chosen. WebKitGTK has no door for it.

What the page gets is what it gets from a keyboard in Chinese or Korean: compositionstart, compositionupdate, compositionend, and no
Enter or Escape of its own while it lasts. Chromium gives the last of them as not trusted (``event.isTrusted``).
"""

from collections.abc import Sequence

from tests.browser.chromium import ChromiumPage
from tests.browser.firefox import FirefoxPage

# window.docShell is the chrome window's own; the input goes to the tab that has the focus.
BEGIN = """
const [texts, chosen] = arguments;
const typist = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
if (!typist.beginInputTransaction(window, () => true)) throw new Error("Firefox gives no input transaction");
for (const text of texts) {
  typist.setPendingCompositionString(text);
  if (text) typist.appendClauseToPendingComposition(text.length, typist.ATTR_RAW_CLAUSE);
  typist.setCaretInPendingComposition(text.length);
  if (!typist.flushPendingComposition()) throw new Error("Firefox takes no composition");
}
if (chosen === null) typist.cancelComposition(); else typist.commitCompositionWith(chosen);
"""


def compose(page: ChromiumPage | FirefoxPage, texts: Sequence[str], chosen: str | None) -> None:
    """Compose in what has the focus. texts: what stands there meanwhile, one after the other. chosen: None when it is given up."""
    if isinstance(page, FirefoxPage):
        page.chrome(BEGIN, list(texts), chosen)
        return
    for text in texts:
        caret = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        page.devtools.send("Input.imeSetComposition", caret)
    if chosen is None:
        page.devtools.send("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    else:
        page.devtools.send("Input.insertText", {"text": chosen})
