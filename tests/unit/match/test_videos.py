"""When two videos meet: the index of their frames and the rule, against the rule written out in plain Python."""

import random
from dataclasses import replace

import numpy as np
import pytest

from amparo.errors import TooLarge
from amparo.hashing import Hashed, video
from amparo.match import videos
from amparo.match.model import FramesMet, Hit, VideoRule
from amparo.match.videos import VideoIndex, within

FLOOR = 50


def flipped(chance: random.Random, code: bytes, bits: int) -> bytes:
    changed = int.from_bytes(code, "big")
    for bit in chance.sample(range(256), bits):
        changed ^= 1 << bit
    return changed.to_bytes(32, "big")


def a_video(chance: random.Random, scenes: list[bytes]) -> bytes:
    """Frames near a few scenes: equal ones, near ones, and ones of too little detail."""
    frames = []
    for number in range(chance.randint(1, 12)):
        code = flipped(chance, chance.choice(scenes), chance.choice([0, 0, 1, 12, 20, 31, 32, 60]))
        frames.append((number * 1000, Hashed(code, chance.choice([0, 49, 50, 90, 100]))))
    return video.pack(frames).code


def compared(code: bytes) -> list[bytes]:
    """The frames that count: with enough detail, each code once."""
    read = video.frames_of(code)
    good = [bytes(one) for one, quality in zip(read["code"], read["quality"], strict=True) if quality >= FLOOR]
    return list(dict.fromkeys(good))


def plain_rule(query: bytes, listed: bytes, threshold: int, rule: VideoRule) -> tuple[float, float, int] | None:
    """Shares and median distance, None where the two do not meet. Source: vpdq_index.py of the reference, all pairs compared."""
    ours, theirs = compared(query), compared(listed)
    distances = [[(int.from_bytes(a) ^ int.from_bytes(b)).bit_count() for b in theirs] for a in ours]
    near = sorted(min(row) for row in distances if row and min(row) <= threshold)
    reached = sum(any(row[place] <= threshold for row in distances) for place in range(len(theirs)))
    if not near:
        return None
    query_share, content_share = len(near) * 100 / len(ours), reached * 100 / len(theirs)
    if query_share < rule.query_share_min or content_share < rule.content_share_min:
        return None
    return query_share, content_share, near[(len(near) - 1) // 2]


RULES = [VideoRule(), VideoRule(0, 0), VideoRule(50, 50), VideoRule(100, 100), VideoRule(0, 80)]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_index_and_rule_say_what_the_plain_rule_says(rule, seed, monkeypatch):
    monkeypatch.setattr(videos, "HITS_AT_ONCE", [1, 7, 100, 1_000_000][seed])  # in one search or in many
    chance = random.Random(seed)
    scenes = [chance.randbytes(32) for _ in range(6)]
    listed = {number: a_video(chance, scenes[number % 3 :]) for number in range(1, 60)}
    index = VideoIndex(256, FLOOR)
    index.add(np.array(list(listed)), list(listed.values()))
    gone = [number for number in listed if number % 7 == 0]
    index.remove(np.array([*gone, 999]))
    for number in gone:
        del listed[number]
    assert len(index) == len(listed)
    queries = [a_video(chance, scenes) for _ in range(40)]
    met_ever = False
    for widest, threshold in ((31, 31), (40, 31), (31, 0), (0, 0)):
        found = index.search([video.searchable(query, FLOOR) for query in queries], widest, rule, None)
        said = {}
        for number, signal, met in found:
            counted = within(Hit(number, signal, 0, met), threshold, rule)
            if counted is not None:
                said[number, signal] = counted.query_share, counted.content_share, counted.distance_bits
        expected = {
            (number, signal): told
            for number, query in enumerate(queries)
            for signal, code in listed.items()
            if (told := plain_rule(query, code, threshold, rule)) is not None
        }
        assert said == expected
        assert len(found) == len({(number, signal) for number, signal, _ in found})
        met_ever = met_ever or bool(expected)
    assert met_ever


def one(number: int, frames: int = 1) -> bytes:
    return video.pack((ms, Hashed(bytes([number]) * 31 + bytes([ms]), 100)) for ms in range(frames)).code


def test_an_empty_index_and_an_empty_question():
    index = VideoIndex(256, FLOOR)
    index.remove(np.array([1]))
    index.add(np.empty(0, np.int64), [])
    none, some = np.empty((0, 32), np.uint8), video.searchable(one(1), FLOOR)
    assert index.search([some], 31, VideoRule(), None) == []
    index.add(np.array([4]), [one(1)])
    assert index.search([none], 31, VideoRule(), None) == []
    assert [(number, signal) for number, signal, _ in index.search([none, some], 31, VideoRule(), None)] == [(1, 4)]


def test_a_video_without_detail_is_held_without_frames_and_goes_again():
    index = VideoIndex(256, FLOOR)
    index.add(np.array([3]), [video.pack([(0, Hashed(bytes(32), 49))]).code])
    assert (len(index), index.digest()) == (1, VideoIndex(256, FLOOR).digest())
    index.remove(np.array([3]))
    assert len(index) == 0


def test_adding_again_and_taking_away_leave_no_trace():
    index, other = VideoIndex(256, FLOOR), VideoIndex(256, FLOOR)
    for _ in range(2):
        index.add(np.array([3, 5]), [one(1, 3), one(2)])
    other.add(np.array([5]), [one(2)])
    assert index.digest() != other.digest()
    index.remove(np.array([3]))
    assert (len(index), index.digest()) == (1, other.digest())


def test_pairs_of_frames_over_the_limit_are_refused():
    index = VideoIndex(256, FLOOR)
    index.add(np.array([1, 2]), [one(1, 8), one(1, 8)])
    query = video.searchable(one(1, 8), FLOOR)
    assert len(index.search([query], 31, VideoRule(), 128)) == 2
    with pytest.raises(TooLarge) as caught:
        index.search([query], 31, VideoRule(), 127)
    assert caught.value.slug == "too_many_hits"


def test_what_is_withdrawn_while_it_is_searched_is_left_out(monkeypatch):
    index = VideoIndex(256, FLOOR)
    index.add(np.array([1, 2]), [one(1), one(1)])
    pieces = index._pieces

    def then_withdrawn(*given):
        yield from pieces(*given)
        index.remove(np.array([1]))

    monkeypatch.setattr(index, "_pieces", then_withdrawn)
    found = index.search([video.searchable(one(1), FLOOR)], 31, VideoRule(), None)
    assert [signal for _, signal, _ in found] == [2]


def test_the_lower_of_two_middle_distances_is_told():
    met = FramesMet(4, 2, np.array([9, 1, 7, 3], np.uint16), np.array([1, 40], np.uint16))
    counted = within(Hit(0, 1, 0, met), 31, VideoRule())
    assert (counted.distance_bits, counted.query_share, counted.content_share) == (3, 100.0, 50.0)
    assert within(replace(counted), 8, VideoRule()) is None  # three of four are 75 %
    assert within(Hit(0, 1, 0, met), 0, VideoRule(0, 0)) is None  # no frame met, whatever the rule
    assert within(Hit(0, 1, 5), 5, VideoRule()) == Hit(0, 1, 5)
    assert within(Hit(0, 1, 5), 4, VideoRule()) is None
