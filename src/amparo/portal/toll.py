"""What an act costs her who asks for it: a proof of work made by her page, and one of the acts her place has in an hour."""

import secrets
from typing import Final

from amparo.errors import LimitReached
from amparo.portal.limits import Act
from amparo.portal.visit import Visit

SALT_BYTES: Final = 8


def asked(visit: Visit, act: Act) -> dict[str, object]:
    """What a page holds so that its form brings a proof for ``act``: values of page.html."""
    work = visit.doors.work
    return {"work_question": work.question(act, secrets.token_bytes(SALT_BYTES)), "work_bits": work.bits}


def pay(visit: Visit, act: Act, proof: str) -> None:
    """Count the act. A helper is counted by her key, wherever she sits: she needs no proof.

    proof: the field ``work`` of what she sent, "" where there is none. Raises: LimitReached (too_often).
    """
    helper = visit.draft.helper
    if helper is None:
        proved = visit.doors.work.proved(act, proof)
        try:
            visit.doors.limits.take(act, visit.place, proved=proved)
        except LimitReached:
            if proved:
                visit.doors.work.give_back(proof)
            raise
    else:
        visit.doors.limits.take(act, f"helper {helper}".encode(), proved=True)
