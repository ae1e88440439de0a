"""The pages of webhooks in a real browser, by keys alone: made, its secret seen once, tried, renewed; what a dead receiver left is seen and sent
again; deleted. The receiver is a real one, and the deliveries are; each page on the way is looked at by axe, small and large, dark and light.
"""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from amparo.access.service import Access
from amparo.banks.listing import tell_policy
from amparo.review.actions import Actions
from amparo.review.delivery import Deliverer
from amparo.review.model import Wanted
from amparo.review.settings import ReviewSettings
from amparo.review.webhooks import Webhooks
from tests.acting import acting_of
from tests.browser.axe import faults
from tests.browser.chromium import ChromiumPage
from tests.browser.console import Serving
from tests.conftest import SetClock
from tests.console import doors_of
from tests.integration.ledger import House, opened
from tests.receiver import Receiver
from tests.receiving import receiver_thread

WAYS = ((320, "light"), (320, "dark"), (1280, "light"), (1280, "dark"))
TABS_MAX = 60
ONE_TRY = ReviewSettings(webhook_tries_max=1)


@dataclass
class Post:
    """The console's pages of webhooks, a worker that delivers, and the receiver of a platform's client."""

    url: str
    house: House
    actions: Actions
    webhooks: Webhooks
    client: int
    receiver: Receiver

    def order(self, item: str, action: str) -> None:
        with self.house.db.write() as connection:
            self.actions.order(connection, Wanted(self.client, item, action, "decision", "staff:1"))

    def deliver(self) -> None:
        """All that is due in the next hour; in a thread of its own, for the browser has a loop in this one."""

        async def all_due() -> None:
            worker = Deliverer(self.webhooks, ONE_TRY, random.Random(1))
            for _ in range(6):
                while await worker.deliver_due():
                    pass
                self.house.clock.forward(minutes=10)

        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, all_due()).result(60)


@pytest.fixture
def post(tmp_path: Path, clock: SetClock, page: ChromiumPage) -> Iterator[Post]:
    with opened(tmp_path, clock) as house, receiver_thread() as receiver:
        actions, webhooks, *_ = acting_of(house.banks, clock, f"127.0.0.1:{receiver.port} allow_private")
        access = Access(house.db, clock, tell_policy)
        client = access.new_client("forum").id
        with Serving(doors_of(clock=clock, webhooks=webhooks, clients=access.clients)) as serving:
            serving.sign_in(page, "admin")
            yield Post(serving.url, house, actions, webhooks, client, receiver)
        actions.close()


def go(page: ChromiumPage, css: str) -> None:
    """By Tab to what is meant, and nothing else."""
    for _ in range(TABS_MAX):
        if page.run(f"document.activeElement.matches({css!r})"):
            return
        page.press("Tab")
    raise AssertionError(f"{TABS_MAX} times Tab do not lead to {css}")


def press(page: ChromiumPage, css: str) -> None:
    """Go there and press Enter, until the next page is there."""
    go(page, css)
    page.run("window.isBefore = true")
    page.press("Enter")
    page.wait_until("window.isBefore === undefined && document.readyState === 'complete'")


def test_a_webhook_is_made_tried_renewed_and_deleted_by_keys_alone(post: Post, page: ChromiumPage) -> None:
    page.open(f"{post.url}/webhooks")
    assert faults(page, WAYS) == []
    go(page, "#url")
    page.press(*"http://10.0.0.1/")
    press(page, "button[value=make]")
    assert "public host" in page.text("[data-notice].wrong")
    assert page.run("document.querySelector('#url').value") == "http://10.0.0.1/"
    assert post.webhooks.all(None) == []
    assert faults(page, WAYS) == []
    assert [one for one in page.complaints if "status of 400" not in one] == []
    page.complaints.clear()
    page.open(f"{post.url}/webhooks")
    go(page, "#url")
    page.press(*post.receiver.url)
    press(page, "button[value=make]")
    secret = page.text("[data-secret]")
    assert faults(page, WAYS) == []
    press(page, "button[value=test]")
    assert page.run("document.querySelector('[data-tried]').dataset.tried") == "yes"
    assert post.receiver.came[0].is_signed(secret)
    assert secret not in page.source(), "a secret is shown once"
    press(page, "button[value=secret]")
    renewed = page.text("[data-secret]")
    assert renewed not in ("", secret)
    assert faults(page, WAYS) == []
    page.open(page.url())
    assert page.texts("[data-secret]") == []
    press(page, "button[value=test]")
    assert [post.receiver.came[-1].is_signed(one) for one in (secret, renewed)] == [True, True]
    go(page, "details > summary")
    page.press("Enter")
    press(page, "button[value=delete]")
    assert page.texts("[data-webhook]") == []
    assert post.webhooks.all(None) == []
    assert page.complaints == []


def test_what_a_dead_receiver_left_is_seen_and_sent_again_by_keys_alone(post: Post, page: ChromiumPage) -> None:
    post.webhooks.new(post.client, post.receiver.url)
    post.receiver.manner = lambda _: 500
    post.order("post-1", "hide")
    post.order("post-2", "hide")
    post.deliver()
    post.receiver.manner = lambda _: 204
    post.order("post-2", "remove")
    post.deliver()
    page.open(f"{post.url}/webhooks")
    assert page.text("[data-webhook] td:last-child") == "1", "what could still be sent"
    press(page, "[data-webhook] a")
    rows = [row.split("\t") for row in page.texts("[data-dead]")]
    assert [(row[0], row[1], row[-2], row[-1]) for row in rows] == [
        ("post-1", "hide", "500", "yes"),
        ("post-2", "hide", "500", "no"),
    ], "the later action on post-2 was taken: the earlier would undo it"
    assert faults(page, WAYS) == []
    press(page, "button[value=replay]")
    post.deliver()
    assert post.receiver.actions() == [("post-2", "remove"), ("post-1", "hide")]
    assert len({one.id for one in post.receiver.came if one.data["item_id"] == "post-1"}) == 1
    page.reload()
    assert [row.split("\t")[0] for row in page.texts("[data-dead]")] == ["post-2"]
    assert page.texts("button[value=replay]") == [], "there is nothing left that may go again"
    assert page.complaints == []
