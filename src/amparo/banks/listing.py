"""How contents enter a bank: one way for one picture and for a million rows. Parses nothing and opens no transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.identity import Namer
from amparo.banks.model import Listed, Listing
from amparo.store.many import insert_many
from amparo.terms.signal import Signal


@dataclass(slots=True)
class _Batch:
    """Rows to be written for one call of ``enter``."""

    contents: list[dict[str, object]] = field(default_factory=list)
    signals: list[tuple[int, Signal]] = field(default_factory=list)
    outcomes: list[Listed] = field(default_factory=list)
    relisted: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing goes and in whose name."""

    bank_id: int
    namer: Namer
    relist: bool
    now_us: int


def enter(connection: Connection, place: Place, listings: Sequence[Listing]) -> tuple[list[Listed], set[bytes]]:
    """List ``listings`` in order; what stands already is left as it is, what was withdrawn stays silent.

    A listing under a known external id adds the signals it lacks to that content. Result: an outcome for each, and
    the identities that were brought back (only with ``place.relist``), which the caller records before it commits.
    """
    identities = [place.namer.of(listing.external_id, listing.signals) for listing in listings]
    silent = [place.namer.stand_ins(listing.external_id, listing.signals) for listing in listings]
    clear_namesakes(connection, place.bank_id, place.namer.bank_key, list(set(identities)), place.now_us)
    live = rows.live_by_identity(connection, list(set(identities)))
    asked = set(identities).union(*silent)
    tombs = rows.tombstones_among(connection, list(asked - live.keys()))
    known = _known_signals(connection, live, identities, listings)
    batch = _Batch()
    next_id = first_id = rows.take_ids(connection, "content", len(listings))
    for listing, identity, stand_ins in zip(listings, identities, silent, strict=True):
        buried = {identity, *stand_ins} & tombs
        content_id = live.get(identity)
        if content_id is None and buried and not place.relist:
            batch.outcomes.append(Listed("withdrawn", None))
            continue
        if content_id is None:
            content_id = live[identity] = next_id
            next_id += 1
            batch.contents.append(_content_row(place, listing, identity, content_id))
            batch.relisted |= buried
            tombs -= buried
        batch.outcomes.append(_add_signals(batch, known.setdefault(content_id, set()), content_id, listing))
    _write(connection, batch)
    assert next_id - first_id == len(batch.contents)
    return batch.outcomes, batch.relisted


def clear_namesakes(
    connection: Connection, bank_id: int, bank_key: str, identities: Sequence[bytes], now_us: int
) -> None:
    """What a deleted bank of this name still holds goes now: a listing here must not count as already there."""
    left = rows.left_by_namesakes(connection, bank_id, bank_key, identities)
    if left:
        tell_gone(connection, rows.drop_signals(connection, left))
        rows.clear_contents(connection, left, now_us)


def _known_signals(
    connection: Connection, live: dict[bytes, int], identities: Sequence[bytes], listings: Sequence[Listing]
) -> dict[int, set[tuple[str, bytes]]]:
    """What live contents hold: read for external ids; without one, the identity says it."""
    known: dict[int, set[tuple[str, bytes]]] = {}
    to_read = []
    for identity, listing in zip(identities, listings, strict=True):
        content_id = live.get(identity)
        if content_id is None:
            continue
        if listing.external_id is None:
            known[content_id] = {(signal.kind, signal.code) for signal in listing.signals}
        else:
            to_read.append(content_id)
    for content_id, signals in rows.signals_of(connection, sorted(set(to_read))).items():
        known[content_id] = {(row.kind, row.code) for row in signals}
    return known


def _content_row(place: Place, listing: Listing, identity: bytes, content_id: int) -> dict[str, object]:
    return {
        "id": content_id,
        "bank_id": place.bank_id,
        "origin": place.namer.origin,
        "external_id": listing.external_id,
        "note": listing.note,
        "metadata": listing.metadata,
        "identity": identity,
        "created_us": place.now_us,
    }


def _add_signals(batch: _Batch, known: set[tuple[str, bytes]], content_id: int, listing: Listing) -> Listed:
    added = False
    for signal in listing.signals:
        if (signal.kind, signal.code) not in known:
            known.add((signal.kind, signal.code))
            batch.signals.append((content_id, signal))
            added = True
    return Listed("added" if added else "already", content_id)


def _write(connection: Connection, batch: _Batch) -> None:
    rows.drop_tombstones(connection, list(batch.relisted))
    insert_many(connection, rows.content, batch.contents)
    if not batch.signals:
        return
    first = rows.take_ids(connection, "signal", len(batch.signals))
    values = [
        {
            "id": first + at,
            "content_id": content_id,
            "kind": signal.kind,
            "code": signal.code,
            "quality": signal.quality,
            "profile": signal.profile,
        }
        for at, (content_id, signal) in enumerate(batch.signals)
    ]
    insert_many(connection, rows.signal, values)
    tell(connection, first, first + len(values) - 1)


def tell(connection: Connection, first: int | None, last: int | None) -> None:
    """Tell every matcher that signals ``first``..``last`` changed, or with None that a bank's policy did."""
    seq = rows.take_ids(connection, "change", 1)
    insert_many(connection, rows.change, [{"seq": seq, "signal_first": first, "signal_last": last}])


def tell_policy(connection: Connection) -> None:
    """Tell every process that a bank's policy changed or a key ended: read again what you remember of them."""
    tell(connection, None, None)


def tell_gone(connection: Connection, signal_ids: Sequence[int]) -> None:
    """Tell every matcher that these signals (ascending) went, a change for each unbroken run."""
    start = 0
    for at in range(1, len(signal_ids) + 1):
        if at == len(signal_ids) or signal_ids[at] != signal_ids[at - 1] + 1:
            tell(connection, signal_ids[start], signal_ids[at - 1])
            start = at
