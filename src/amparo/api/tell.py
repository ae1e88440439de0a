"""Values of the rooms as the shapes that go out. Decides nothing."""

import json
from dataclasses import replace

import msgspec

from amparo.api import shapes
from amparo.banks.model import DISABLED, Bank, Content, Opinion
from amparo.errors import BadInput
from amparo.hashing import KINDS, parse_signal, value_of
from amparo.match.model import Event, Match, Verdict
from amparo.media.model import VIEWS, VideoRead
from amparo.terms.clock import from_us, to_text
from amparo.terms.signal import Signal


def signal(one: Signal) -> shapes.SignalOut:
    """A signal."""
    return shapes.SignalOut(kind=one.kind, value=value_of(one), quality=one.quality, profile=one.profile)


def signals_in(sent: list[shapes.SignalIn]) -> tuple[Signal, ...]:
    """Signals that came in, each once. Raises: BadInput (unknown_kind, bad_value)."""
    return tuple(dict.fromkeys(parse_signal(one.kind, one.value) for one in sent))


def asked_signals_in(sent: list[shapes.AskedSignalIn]) -> tuple[Signal, ...]:
    """Signals to look up, each once, with its view. Raises: BadInput (unknown_kind, bad_value, unknown_view)."""
    if any(one.view not in VIEWS for one in sent):
        raise BadInput("unknown_view", "a signal's view is none of those there are", "docs/recognition.md names them.")
    signals = [replace(parse_signal(one.kind, one.value), view=one.view) for one in sent]
    return tuple({(one.kind, one.code): one for one in reversed(signals)}.values())[::-1]


def opinion(one: Opinion) -> shapes.OpinionOut:
    """An opinion."""
    return shapes.OpinionOut(client=one.client, opinion=one.opinion, given_at=to_text(one.given_at))


def match(one: Match) -> shapes.MatchOut:
    """A match."""
    return shapes.MatchOut(
        bank=one.bank,
        content_id=one.content_id,
        kind=one.kind,
        distance_bits=one.distance_bits,
        threshold_bits=one.threshold_bits,
        view=one.view,
        also=list(one.also),
        opinions=[opinion(each) for each in one.opinions],
        origin=one.origin,
        flood_guarded=one.flood_guarded,
        query_share=_share(one.query_share),
        content_share=_share(one.content_share),
    )


def _share(percent: float | None) -> float | msgspec.UnsetType:
    return msgspec.UNSET if percent is None else round(percent, 2)


def video(one: VideoRead | None) -> shapes.VideoOut | None:
    """How much of a video was hashed."""
    if one is None:
        return None
    told = None if one.told_ms is None else one.told_ms / 1000
    return shapes.VideoOut(seconds_hashed=one.hashed_ms / 1000, seconds_told=told, cut=one.cut)


def verdict(one: Verdict, request_id: str, item_id: str | None, read: VideoRead | None = None) -> shapes.VerdictOut:
    """A verdict; read: of a video, how much of it was judged."""
    return shapes.VerdictOut(
        request_id=request_id,
        item_id=item_id,
        verdict=one.verdict,
        matches=[match(each) for each in one.matches],
        matches_total=one.matches_total,
        vetoes=[match(each) for each in one.vetoes],
        suggested_action=one.suggested_action,
        index_generation=one.index_generation,
        policy=one.policy,
        reason=one.reason,
        quality=dict(one.quality) or None,
        video=video(read),
    )


def bank(one: Bank, contents: int) -> shapes.BankOut:
    """A bank, with the thresholds in force."""
    return shapes.BankOut(
        name=one.name,
        polarity=one.polarity,
        thresholds={name: one.threshold_bits(name) for name in KINDS},
        staged_share=one.staged_share,
        paused=one.paused,
        action=one.action,
        created_at=to_text(one.created_at),
        contents=contents,
    )


def content(one: Content, bank_name: str) -> shapes.ContentOut:
    """A content."""
    return shapes.ContentOut(
        content_id=one.id,
        bank=bank_name,
        origin=one.origin,
        external_id=one.external_id,
        note=one.note,
        metadata=None if one.metadata is None else json.loads(one.metadata),
        created_at=to_text(one.created_at),
        disable_until=_disable_until(one.disable_until_us),
        flood_guarded=one.flooded_at is not None,
        signals=[signal(each) for each in one.signals],
        opinions=[opinion(each) for each in one.opinions],
    )


def event(one: Event) -> shapes.EventOut:
    """A match event."""
    return shapes.EventOut(
        event_id=one.id,
        at=to_text(one.at),
        request_id=one.request_id,
        client=one.client,
        item_id=one.item.item_id,
        uploader_ref=one.item.uploader_ref,
        uploaded_at=None if one.item.uploaded_at is None else to_text(one.item.uploaded_at),
        suggested_action=one.suggested_action,
        policy=one.policy,
        index_generation=one.index_generation,
        matches=list(one.matches),
    )


def _disable_until(us: int | None) -> str | None:
    if us is None:
        return None
    return "forever" if us == DISABLED else to_text(from_us(us))
