"""A match event from its row. Reads no database."""

import json

from amparo.match.model import Event, Item
from amparo.store.db import AnyRow
from amparo.terms.clock import from_us


def event_of(row: AnyRow) -> Event:
    """A match event from its row."""
    uploaded_at = None if row.uploaded_us is None else from_us(row.uploaded_us)
    return Event(
        id=row.id,
        at=from_us(row.at_us),
        request_id=row.request_id,
        client=row.client,
        item=Item(row.item_id, row.uploader_ref, uploaded_at),
        suggested_action=row.suggested_action,
        policy=row.policy,
        index_generation=row.generation,
        matches=json.loads(row.matches),
        client_id=row.client_id,
        may_be_minor=bool(row.may_be_minor),
    )
