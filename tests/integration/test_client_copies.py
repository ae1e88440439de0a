"""The client's own copy fetched at a look: signed so that the client can refuse all others, only where the operator listed the host."""

import base64
import hmac
from collections.abc import Awaitable
from hashlib import sha256
from urllib.parse import quote

import pytest

from amparo.errors import AmparoError
from amparo.review.client_copies import ClientCopies, MediaDoor, signed
from amparo.review.looks import Looks, Wish
from amparo.review.subjects import CopyKey
from amparo.wire import Fetcher
from tests.integration.looks import CLIENT, PICTURE, WORK, Desk, Drawn, desk, work
from tests.integration.test_fetch import Server, fetcher, serving

SECRET = "whsec_" + base64.b64encode(b"shared with one client alone").decode()
ITEM = "post 1/ü?x=2#y"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE


def looks(house: Desk, server: Server, fetching: Fetcher, drawn: Drawn, path: str = "/media/{item_id}") -> Looks:
    """Looks of a desk whose one client has an address for them."""
    house.works.works[WORK] = work(copies=(CopyKey(CLIENT, ITEM), CopyKey(8, "other"), CopyKey(CLIENT, "")))
    door = MediaDoor(f"http://pictures.test:{server.port}{path}", SECRET)
    source = ClientCopies(
        house.db, house.clock, lambda _, client_id: door if client_id == CLIENT else None, lambda: fetching
    )
    return Looks(house.db, house.clock, house.exposures, house.works, source, lambda: drawn, house.looks.settle)


def wish(item: str = ITEM) -> Wish:
    return Wish(WORK, f"{CLIENT}:{item}", "near_threshold")


async def slug_of(showing: Awaitable[object]) -> str:
    with pytest.raises(AmparoError) as told:
        await showing
    return told.value.slug


async def test_a_look_fetches_the_clients_copy_signed(tmp_path, clock):
    drawn = Drawn()
    with desk(tmp_path, clock) as house:
        async with serving(ANSWER) as server:
            made = looks(house, server, fetcher(server.names()), drawn, "/media/{item_id}?size=whole")
            assert made.offers(WORK) == [f"{CLIENT}:{ITEM}"]
            grant = made.grant(house.principal(1), wish())
            assert server.heads == []
            await made.picture(house.principal(1), grant.token)
            assert drawn.seen == [PICTURE]
            (head,) = server.heads
        first, *rest = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        told = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        assert (method, path) == ("GET", f"/media/{quote(ITEM, safe='')}?size=whole")
        said = f"{told['webhook-id']}.{told['webhook-timestamp']}.{path}".encode()
        mine = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), said, sha256).digest()
        assert told["webhook-signature"] == f"v1,{base64.b64encode(mine).decode()}"
        assert int(told["webhook-timestamp"]) == int(clock.now().timestamp())
        assert list((tmp_path / "held").glob("*")) == []


async def test_what_cannot_be_fetched_costs_nothing(tmp_path, clock):
    gone = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with desk(tmp_path, clock) as house:
        async with serving(gone) as server:
            for hosts, slug, asked in (
                (server.names(), "not_fetched", 1),
                (f"pictures.test:{server.port}", "not_fetched", 1),  # a private address, not allowed
                ("elsewhere.test", "bad_url", 1),
                ("", "fetch_off", 1),
            ):
                made = looks(house, server, fetcher(hosts), Drawn())
                grant = made.grant(house.principal(1), wish())
                assert await slug_of(made.picture(house.principal(1), grant.token)) == slug
                assert len(server.heads) == asked
        assert house.exposures.own(house.principal(1)).used.looks_day == 0


async def test_a_client_without_an_address_and_an_item_without_an_id_have_no_picture(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        async with serving(ANSWER) as server:
            made = looks(house, server, fetcher(server.names()), Drawn())
            for copy in (f"{CLIENT}:", "8:other"):
                with pytest.raises(AmparoError) as told:
                    made.grant(house.principal(1), Wish(WORK, copy, "near_threshold"))
                assert told.value.slug == "no_media"


async def test_a_redirect_takes_no_signature_along(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        async with serving(ANSWER) as there:
            moved = (
                b"HTTP/1.1 302 Found\r\nLocation: http://pictures.test:%d/b\r\nContent-Length: 0\r\n\r\n" % there.port
            )
            async with serving(moved) as server:
                made = looks(house, server, fetcher(f"{server.names()},{there.names()}"), Drawn())
                grant = made.grant(house.principal(1), wish())
                await made.picture(house.principal(1), grant.token)
                assert b"webhook-signature" in server.heads[0].lower()
                assert b"webhook" not in there.heads[0].lower()


def test_a_path_and_its_query_are_what_is_signed():
    """The vector of the specification's scheme, computed by hand over another path."""
    one = signed(SECRET, "look_1", 1_700_000_000, "https://a.test/x?y=1")
    assert one == signed(SECRET, "look_1", 1_700_000_000, "https://b.test/x?y=1")
    for other in ("https://a.test/x?y=2", "https://a.test/x", "https://a.test/"):
        assert signed(SECRET, "look_1", 1_700_000_000, other)["webhook-signature"] != one["webhook-signature"]
    assert signed(SECRET, "m", 1, "https://a.test") == signed(SECRET, "m", 1, "https://a.test/")
