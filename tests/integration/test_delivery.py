"""Deliveries to real receivers on this machine that take, fail, hang, trickle, break off and come back; the clock is the test's."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from amparo.access.service import Access
from amparo.banks.listing import tell_policy
from amparo.errors import AmparoError
from amparo.review.actions import Actions
from amparo.review.delivery import Deliverer
from amparo.review.model import Wanted
from amparo.review.settings import ReviewSettings
from amparo.review.webhook_secrets import webhook_box
from amparo.review.webhooks import Webhooks
from amparo.wire import Poster, WireSettings
from tests.conftest import SetClock
from tests.integration.ledger import House, opened, refused
from tests.receiver import Manner, Receiver, receiving

SETTINGS = ReviewSettings(webhook_timeout_ms=4_000, webhook_tries_max=4)


@dataclass
class Post:
    """One worker's deliveries, and a platform's webhook."""

    house: House
    actions: Actions
    webhooks: Webhooks
    deliverer: Deliverer
    receiver: Receiver
    client: int
    hook: int = 0
    secret: str = ""

    def order(self, item: str = "i1", action: str = "hide") -> int:
        with self.house.db.write() as connection:
            return self.actions.order(connection, Wanted(self.client, item, action, "decision", "staff:9"))

    def another(self, settings: ReviewSettings = SETTINGS) -> Deliverer:
        """A worker of another machine."""
        return Deliverer(self.webhooks, settings, random.Random(2))

    def told(self):
        return self.webhooks.one(self.hook, None)

    async def all_day(self, hours: float = 24, step_s: float = 600) -> None:
        """The clock goes on, and the worker with it."""
        for _ in range(int(hours * 3600 / step_s)):
            while await self.deliverer.deliver_due():
                pass
            self.house.clock.forward(seconds=step_s)


@pytest.fixture
async def post(tmp_path: Path, clock: SetClock) -> AsyncIterator[Post]:
    with opened(tmp_path, clock) as house:
        async with receiving() as receiver:
            poster = Poster(WireSettings(post_hosts=f"127.0.0.1:{receiver.port} allow_private"))
            webhooks = Webhooks(house.db, clock, webhook_box(b"w" * 32), poster, SETTINGS.webhook_timeout_ms)
            client = Access(house.db, clock, tell_policy).new_client("site").id
            deliverer = Deliverer(webhooks, SETTINGS, random.Random(1))
            actions = Actions(house.db, clock)
            made = Post(house, actions, webhooks, deliverer, receiver, client)
            hook, made.secret = webhooks.new(client, receiver.url)
            made.hook = hook.id
            yield made
            actions.close()


async def test_an_action_is_delivered_signed_once(post: Post):
    number = post.order()
    assert await post.deliverer.deliver_due() == 1
    assert await post.deliverer.deliver_due() == 0
    (message,) = post.receiver.taken
    assert message.is_signed(post.secret)
    assert message.id == message.data["idempotency_key"] == post.actions.one(number).idempotency_key
    assert message.said["webhook-timestamp"] == str(int(post.house.clock.now().timestamp()))
    assert message.said["content-type"] == "application/json"
    assert (message.data["action_id"], message.data["item_id"], message.data["by"]) == (number, "i1", "staff")
    assert (post.told().waiting, post.told().last_outcome) == (0, "204")


async def test_what_a_rolled_back_transaction_ordered_goes_nowhere(post: Post):
    def fail() -> None:
        with post.house.db.write() as connection:
            post.actions.order(connection, Wanted(post.client, "i1", "hide", "decision", "staff:9"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert await post.deliverer.deliver_due() == 0


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [
        (500, "500"), (404, "404"), (429, "429"), ("move", "307"), ("hang", "too_slow"), ("trickle", "too_slow"),
        ("reset", "broken"), ("half", "broken"), ("garbage", "broken"),
    ],
)  # fmt: skip
async def test_what_fails_comes_again_in_order_with_the_same_key(post: Post, manner: Manner, outcome: str):
    post.receiver.manner = lambda message: manner if message.data["item_id"] == "i1" else 200
    for item, action in (("i1", "hide"), ("i1", "remove"), ("i2", "hide"), ("i1", "restore")):
        post.order(item, action)
    assert await post.deliverer.deliver_due() == 2
    assert post.receiver.actions() == [("i2", "hide")], "another item waited, or a later action went first"
    assert post.told().waiting == 3
    post.receiver.manner = lambda message: 200
    assert await post.deliverer.deliver_due() == 0, "tried again at once"
    await post.all_day(1, 60)
    assert post.receiver.actions() == [("i2", "hide"), ("i1", "hide"), ("i1", "remove"), ("i1", "restore")]
    first = [one for one in post.receiver.came if one.data["action_id"] == 1]
    assert len(first) == 2
    assert len({one.id for one in first}) == 1
    assert all(one.is_signed(post.secret) for one in first)
    assert first[0].said["webhook-timestamp"] != first[1].said["webhook-timestamp"]
    assert post.told().failed_at is not None


async def test_a_huge_answer_is_not_read(post: Post):
    post.receiver.manner = lambda message: "huge"
    post.order()
    await post.deliverer.deliver_due()
    assert post.told().last_outcome == "200"


async def test_the_receiver_may_ask_for_time(post: Post):
    post.receiver.manner, post.receiver.headers = (lambda message: 503), "Retry-After: 1800\r\n"
    post.order()
    await post.deliverer.deliver_due()
    post.receiver.manner = lambda message: 200
    post.house.clock.forward(seconds=1_790)
    assert await post.deliverer.deliver_due() == 0
    post.house.clock.forward(seconds=20)
    assert await post.deliverer.deliver_due() == 1


async def test_a_receiver_that_is_gone_for_an_hour_gets_all_in_order(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        async with receiving() as first:
            port = first.port
        poster = Poster(WireSettings(post_hosts=f"127.0.0.1:{port} allow_private"))
        webhooks = Webhooks(house.db, clock, webhook_box(b"w" * 32), poster, 400)
        client = Access(house.db, clock, tell_policy).new_client("site").id
        post = Post(
            house, Actions(house.db, clock), webhooks, Deliverer(webhooks, SETTINGS, random.Random(1)), first, client
        )
        webhooks.new(client, f"http://127.0.0.1:{port}/hooks")
        for number in range(60):
            post.order(f"i{number % 20}", ("hide", "remove", "restore")[number // 20])
        await post.all_day(1, 30)
        assert webhooks.all(None)[0].dead == 0, "a receiver that was gone made letters dead"
        async with receiving(port) as back:
            begun = clock.now()
            while len(back.taken) < 60:
                while await post.deliverer.deliver_due():
                    pass
                clock.forward(seconds=30)
            assert (clock.now() - begun).total_seconds() < 600, "it was back, and much still waited"
            for number in range(20):
                assert [action for item, action in back.actions() if item == f"i{number}"] == [
                    "hide",
                    "remove",
                    "restore",
                ]
        post.actions.close()


async def test_what_cannot_be_delivered_is_set_aside_and_the_next_goes(post: Post):
    post.receiver.manner = lambda message: 400 if message.data["action"] == "hide" else 200
    post.order("i1", "hide")
    post.order("i1", "remove")
    post.order("i2", "hide")
    await post.all_day()
    assert post.receiver.actions() == [("i1", "remove")]
    assert len(post.receiver.came) == 4 + 1 + 4
    told = post.webhooks.dead(post.hook, None, 0, 10)
    assert [(one.item_id, one.action, one.tries, one.last_outcome, one.may_go) for one in told] == [
        ("i1", "hide", 4, "400", False),
        ("i2", "hide", 4, "400", True),
    ], "a later action was delivered: sending the earlier would undo it"
    post.receiver.manner = lambda message: 200
    assert post.webhooks.replay(post.hook, None) == 1
    await post.deliverer.deliver_due()
    assert post.receiver.actions()[-1] == ("i2", "hide")
    assert len({one.id for one in post.receiver.came if one.data["item_id"] == "i2"}) == 1
    assert [one.item_id for one in post.webhooks.dead(post.hook, None, 0, 10)] == ["i1"]


async def test_a_webhook_that_answers_gone_ends(post: Post):
    post.receiver.manner = lambda message: 410
    post.order("i1")
    post.order("i1", "remove")
    await post.deliverer.deliver_due()
    assert (post.told().state, post.told().waiting, post.told().dead) == ("ended", 0, 2)
    post.order("i2")
    await post.all_day(1)
    assert len(post.receiver.came) == 1
    refused("webhook_ended", post.webhooks.replay, post.hook, None)
    post.receiver.manner = lambda message: 200
    post.webhooks.change(post.hook, None, is_paused=False)
    assert post.webhooks.replay(post.hook, None, [2]) == 1
    await post.deliverer.deliver_due()
    assert post.receiver.actions() == [("i1", "remove")]


async def test_a_paused_webhook_waits(post: Post):
    post.webhooks.change(post.hook, None, is_paused=True)
    post.order()
    assert await post.deliverer.deliver_due() == 0
    post.webhooks.change(post.hook, None, is_paused=False)
    assert await post.deliverer.deliver_due() == 1


async def test_two_secrets_sign_for_a_day(post: Post):
    _, new = post.webhooks.renew_secret(post.hook, None)
    assert new != post.secret
    post.order("i1")
    await post.deliverer.deliver_due()
    post.house.clock.forward(hours=25)
    post.order("i2")
    await post.deliverer.deliver_due()
    both, one = post.receiver.taken
    assert (both.is_signed(post.secret), both.is_signed(new)) == (True, True)
    assert (one.is_signed(post.secret), one.is_signed(new)) == (False, True)


async def test_a_stolen_database_signs_nothing(post: Post):
    """Without the key outside it there is no secret, and nothing unsigned goes out."""
    with post.house.db.read() as connection:
        row = connection.exec_driver_sql("SELECT secret FROM webhook").one()
    assert post.secret.encode() not in bytes(row[0])
    thief = Webhooks(post.house.db, post.house.clock, webhook_box(b"x" * 32), post.webhooks.poster, 400)
    assert thief.unreadable() == [post.hook]
    assert post.webhooks.unreadable() == []
    post.order()
    await Deliverer(thief, SETTINGS, random.Random(1)).deliver_due()
    assert post.receiver.came == []
    assert post.told().last_outcome == "no_secret"


async def test_one_worker_has_a_message_at_a_time(post: Post):
    for number in range(4):
        post.order(f"i{number}")
    mine, theirs = post.deliverer.take(2), post.another().take(64)
    assert len(mine) == 2
    assert {one.action_id for one in mine} & {one.action_id for one in theirs} == set()
    assert len(theirs) == 2


async def test_a_killed_worker_holds_up_no_longer_than_its_lease(post: Post):
    post.order("i1", "hide")
    post.order("i1", "remove")
    (lost,) = post.deliverer.take(64)
    other = post.another()
    assert await other.deliver_due() == 0
    post.house.clock.forward(seconds=10)
    assert await other.deliver_due() == 1
    assert await other.deliver_due() == 1
    assert post.receiver.actions() == [("i1", "hide"), ("i1", "remove")]
    post.deliverer.note(lost, await post.webhooks.test(post.hook, None))
    assert (post.told().waiting, post.told().dead) == (0, 0), "whose lease is over changed something"


async def test_two_workers_at_once_keep_the_order(post: Post):
    for number in range(120):
        post.order(f"i{number % 12}", ("hide", "remove", "restore")[number // 12 % 3])
    workers = [post.deliverer, post.another(), post.another()]
    while sum(await asyncio.gather(*(one.deliver_due() for one in workers))):
        pass
    assert len(post.receiver.came) == 120
    for number in range(12):
        numbers = [one.data["action_id"] for one in post.receiver.taken if one.data["item_id"] == f"i{number}"]
        assert numbers == sorted(numbers)
        assert len(numbers) == 10


async def test_a_test_message_tells_how_it_ended_and_counts_for_nothing(post: Post):
    posted = await post.webhooks.test(post.hook, None)
    assert (posted.is_taken, posted.outcome) == (True, "204")
    (message,) = post.receiver.came
    assert b'"webhook.test"' in message.body
    assert message.is_signed(post.secret)
    post.receiver.manner = lambda message: "hang"
    assert (await post.webhooks.test(post.hook, None)).outcome == "too_slow"
    assert post.told().failed_at is None


async def test_a_webhook_is_its_clients_alone(post: Post):
    other = Access(post.house.db, post.house.clock, tell_policy).new_client("other").id
    assert post.webhooks.all(other) == []
    for act in (post.webhooks.one, post.webhooks.delete, post.webhooks.renew_secret, post.webhooks.replay):
        refused("unknown_webhook", act, post.hook, other)
    refused("unknown_webhook", post.webhooks.change, post.hook, other)
    refused("unknown_webhook", post.webhooks.dead, post.hook, other, 0, 10)
    with pytest.raises(AmparoError):
        await post.webhooks.test(post.hook, other)
    with post.house.db.write() as connection:
        post.actions.order(connection, Wanted(other, "i1", "hide", "decision", "staff:9"))
    assert await post.deliverer.deliver_due() == 0, "another client's action was delivered"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://10.0.0.1/x", "https://[::1]/", "ftp://example.org/", "", "https://",
        "https://a@example.org/", "https://example.org/#x", "file:///etc/passwd", "https://exa\nmple.org/", "https://example.org/" + "x" * 3_000,
    ],
)  # fmt: skip
async def test_no_webhook_leads_inside(post: Post, url: str):
    refused("bad_post_url", post.webhooks.new, post.client, url)
    refused("bad_post_url", post.webhooks.change, post.hook, None, url=url)


async def test_no_answer_of_a_resolver_leads_inside(post: Post):
    for addresses in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["0.0.0.0"]):

        async def resolve(_name: str, _port: int, found: list[str] = addresses) -> list[str]:
            return found

        poster = Poster(WireSettings(), resolve)
        posted = await poster.post(f"https://inside.test:{post.receiver.port}/", {}, b"{}", 400)
        assert posted.outcome == "not_allowed"
    assert post.receiver.came == []


async def test_a_client_has_so_many_webhooks(post: Post):
    for _ in range(9):
        post.webhooks.new(post.client, post.receiver.url)
    refused("too_many_webhooks", post.webhooks.new, post.client, post.receiver.url)
    for one in post.webhooks.all(post.client)[1:]:
        post.webhooks.delete(one.id, post.client)
    post.order()
    assert await post.deliverer.deliver_due() == 1


async def test_what_waits_too_long_is_set_aside_and_what_is_over_forgotten(post: Post):
    post.order("i1")
    await post.deliverer.deliver_due()
    post.webhooks.change(post.hook, None, is_paused=True)
    post.order("i2")
    post.house.clock.forward(days=8)
    post.deliverer.tidy()
    assert [(one.item_id, one.last_outcome) for one in post.webhooks.dead(post.hook, None, 0, 10)] == [
        ("i2", "too_old")
    ]
    post.house.clock.forward(days=31)
    post.deliverer.tidy()
    assert post.webhooks.dead(post.hook, None, 0, 10) == []
    assert len(post.actions.after(None, 0, 10)) == 2


async def test_a_medias_door_is_signed_with_a_secret_of_its_own(post: Post):
    with post.house.db.read() as connection:
        assert post.webhooks.media_door_within(connection, post.client) is None
    for url in ("ftp://x/{item_id}", "https://x/", "https://x/{item_id}\n"):
        refused("bad_media_url", post.webhooks.set_media_door, post.client, url)
    refused("unknown_client", post.webhooks.set_media_door, 77, "https://x/{item_id}")
    secret = post.webhooks.set_media_door(post.client, "https://x/{item_id}")
    with post.house.db.read() as connection:
        door = post.webhooks.media_door_within(connection, post.client)
    assert (door.url, door.secret) == ("https://x/{item_id}", secret)
    assert post.webhooks.media_urls() == {post.client: "https://x/{item_id}"}
    assert post.webhooks.set_media_door(post.client, None) is None
    assert post.webhooks.media_urls() == {}
