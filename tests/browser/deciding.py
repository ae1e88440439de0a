"""Goes through the queue as one of the staff does, by keys alone. Judges nothing."""

from dataclasses import dataclass

from tests.browser.chromium import ChromiumPage
from tests.browser.page import until

TURN_S = 15.0
NUMBER = "document.querySelector('h1[data-work]')?.dataset.work ?? ''"
READY = "document.readyState === 'complete' && document.querySelector('main') !== null"


@dataclass
class Keys:
    """page: the browser. Everything is pressed as keys; what a key does is seen by the card that is there afterwards."""

    page: ChromiumPage

    def card(self) -> str:
        """The number of the work that is shown, "" where none is."""
        return str(self.page.run(NUMBER))

    def key(self, key: str, *, is_back: str = "") -> str:
        """Press a key until the card has changed (to ``is_back`` where it is said); its number. Keys count nothing for a moment after a card came."""
        before = self.card()

        def pressed() -> bool:
            now = self.card()
            if (now == is_back) if is_back else (now != before):
                return True
            self.page.press(key)
            self.page.run("new Promise((done) => setTimeout(done, 60))")
            now = self.card()
            return (now == is_back) if is_back else (now != before)

        until(pressed, f"{key} at {before}", TURN_S)
        return self.card()

    def notice(self) -> str:
        """What the page says was done."""
        return self.page.text("[data-notice]")

    def begin(self) -> str:
        """From the list to the first card."""
        self.page.wait_until(READY)
        self.page.press("b")
        self.page.wait_for("h1[data-work]")
        self.page.wait_until(READY)
        return self.card()
