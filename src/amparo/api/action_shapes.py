"""The JSON of reports, actions and webhooks, as typed records. Rules stand elsewhere."""

from typing import Annotated

import msgspec
from msgspec import Meta

from amparo.api import fields
from amparo.api.shapes import Out, Strict

Words = Annotated[str, Meta(extra_json_schema={"maxLength": 4_000, "pattern": "^[^\\u0000]*$"})]
ItemName = Annotated[str, Meta(extra_json_schema={"pattern": f"^{fields.PRINTABLE}{{1,200}}$"})]
Address = Annotated[str, Meta(extra_json_schema={"maxLength": 2_048, "pattern": "^https?://"})]
Number = Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": 10**18 - 1})]
Yes = Annotated[bool, Meta(extra_json_schema={"enum": [True]})]


class ReportIn(Strict):
    """Something that was reported to a platform. reason: intimate, under_18, threat, spreading or other; any other counts
    as other, and is sealed to staff as it arrives, as are where, words and reported_by.
    """

    item_id: ItemName
    reason: ItemName
    where: Words | None = None
    words: Words | None = None
    reported_by: fields.ItemField | None = None


class ReportOut(Out):
    """A report that was taken."""

    report_id: int


class ActionOut(Out):
    """What is asked of a platform. by: match, report, clock, rule or staff. until: when a hide may end by itself; ``restore`` says that it did. reverses: the action it takes back."""

    action_id: int
    item_id: str
    action: str
    ground: str
    by: str
    at: str
    until: str | None
    reverses: int | None
    idempotency_key: str


class ActionsOut(Out):
    """Actions in order; next is the cursor for later ones."""

    actions: list[ActionOut]
    next: int


class WebhookIn(Strict):
    """A new webhook. client: whose it is, for an admin; else the key's own."""

    url: Address
    client: fields.Name | None = None


class WebhookPatch(Strict):
    """What changes on a webhook. paused: false lets one that ended go on. renew_secret: for a day messages carry both signatures."""

    url: Address | msgspec.UnsetType = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    renew_secret: Yes | msgspec.UnsetType = msgspec.UNSET


class WebhookOut(Out, omit_defaults=True):
    """A webhook and how it fares; `secret` is told once, when it is made."""

    webhook_id: int
    client: str
    url: str
    state: str
    made_at: str
    waiting: int
    dead: int
    last_outcome: str
    oldest_at: str | None
    delivered_at: str | None
    failed_at: str | None
    both_until: str | None
    secret: str | None = None


class WebhooksOut(Out):
    """The webhooks this key may see."""

    webhooks: list[WebhookOut]


class TriedOut(Out):
    """How a test message ended: the receiver's status, or why there was none."""

    delivered: bool
    outcome: str


class DeadOut(Out):
    """A message that was set aside. may_go: false where a later one on the same item was delivered."""

    action_id: int
    item_id: str
    action: str
    tries: int
    since: str
    last_at: str | None
    last_outcome: str
    may_go: bool


class DeadListOut(Out):
    """A page of messages that were set aside."""

    dead: list[DeadOut]
    next: int


class ReplayIn(Strict):
    """Which to send again; without, all."""

    action_ids: Annotated[list[Number], Meta(extra_json_schema={"maxItems": 1_000})] | None = None


class ReplayOut(Out):
    """How many wait again."""

    waiting: int


class ClientPatch(Strict):
    """Where a client's media may be fetched for a look, with {item_id} in it; null takes it away."""

    media_url: Address | None


class MediaDoorOut(Out):
    """Where a client hands out its media. secret: signs the questions, told once."""

    client_id: int
    media_url: str | None
    secret: str | None
