"""Proof of work made in her browser: it prices guessing and flooding a little. Not a captcha, and no proof of who is there.

A question names one act and a time of end, and is sealed by a key of this process: nothing of it is kept here. Its answer
is a nonce so that SHA-256 of ``question.nonce`` begins with enough zero bits. What was answered once is remembered until
the question would have ended. A wrong, used, late or foreign answer is as none: tighter limits hold then (limits.py).
"""

import base64
import binascii
import hashlib
import hmac
import struct
import threading
from typing import Final

from amparo.portal.limits import ACTS, Act
from amparo.portal.settings import LimitSettings
from amparo.terms.clock import Clock

HEAD: Final = struct.Struct(">BBI8s")
"""Act, bits, last second it is good (since 1970), random bytes."""
SEAL_BYTES: Final = 13
QUESTION_CHARS: Final = 36
"""Question, dot, nonce and the padding of SHA-256 fill one block of 64 bytes: the browser works on that block alone."""
NONCE_CHARS: Final = 8
ANSWERED_MAX: Final = 200_000


class Work:
    """Asks and checks. key: 32 random bytes of this process; after a restart the questions of before are as none."""

    def __init__(self, settings: LimitSettings, clock: Clock, key: bytes) -> None:
        assert len(key) == 32, "a key of 32 bytes"
        self._bits = settings.work_bits
        self._life_s = settings.work_minutes * 60
        self._clock = clock
        self._key = key
        self._answered = _Answered(self._life_s)

    @property
    def bits(self) -> int:
        """Leading zero bits that are asked for."""
        return self._bits

    def question(self, act: Act, salt: bytes) -> str:
        """A new question for that act. salt: 8 random bytes. Result: 36 letters of base64url."""
        head = HEAD.pack(ACTS.index(act), self._bits, self._now_s() + self._life_s, salt)
        return base64.urlsafe_b64encode(head + self._seal(head)).decode()

    def proved(self, act: Act, answer: str) -> bool:
        """Whether ``answer`` is a proof for that act, not used before; it counts as used from now on.

        answer: ``question.nonce`` as a browser sent it, anything else is no proof.
        """
        question, dot, nonce = answer.partition(".")
        if not dot or len(question) != QUESTION_CHARS or len(nonce) != NONCE_CHARS:
            return False
        head = self._opened(question)
        if head is None:
            return False
        number, bits, ends_s, _ = HEAD.unpack(head)
        if ACTS[number] != act or ends_s < self._now_s() or not answer.isascii():
            return False
        digest = hashlib.sha256(answer.encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - bits):
            return False
        return self._answered.take(head, ends_s, self._now_s())

    def give_back(self, answer: str) -> None:
        """What ``proved`` used up was for nothing: the act was not let through. It is good again.

        So no more are remembered than acts are let through, and who is refused cannot fill that memory.
        """
        head = self._opened(answer.partition(".")[0])
        assert head is not None, "it was a proof"
        self._answered.forget(head, HEAD.unpack(head)[2])

    def _opened(self, question: str) -> bytes | None:
        try:
            raw = base64.b64decode(question, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        head, seal = raw[: HEAD.size], raw[HEAD.size :]
        return head if hmac.compare_digest(seal, self._seal(head)) else None

    def _seal(self, head: bytes) -> bytes:
        return hmac.digest(self._key, head, "sha256")[:SEAL_BYTES]

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


class _Answered:
    """The questions answered, by the span of time in which they end; a span that is over is forgotten whole."""

    def __init__(self, span_s: int) -> None:
        self._span_s = span_s
        self._spans: dict[int, set[bytes]] = {}
        self._lock = threading.Lock()

    def take(self, head: bytes, ends_s: int, now_s: int) -> bool:
        """Whether it was not there before. Where too many are kept, none is taken: they would be good twice."""
        with self._lock:
            for span in [each for each in self._spans if (each + 1) * self._span_s <= now_s]:
                del self._spans[span]
            held = self._spans.setdefault(ends_s // self._span_s, set())
            if head in held or sum(map(len, self._spans.values())) >= ANSWERED_MAX:
                return False
            held.add(head)
            return True

    def forget(self, head: bytes, ends_s: int) -> None:
        """As if it had never been there."""
        with self._lock:
            self._spans.get(ends_s // self._span_s, set()).discard(head)
