"""Makes the database agree with the withdrawals file: at every start, every minute, and after a restore. Lists nothing."""

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.service import Banks, bury
from amparo.terms.clock import to_us


def disagreements(banks: Banks) -> tuple[set[bytes], set[bytes]]:
    """Identities the file calls (withdrawn, relisted) while the database says otherwise.

    Raises: Tampered (withdrawals_damaged).
    """
    settled = banks.withdrawals.settled()
    silent = {identity for identity, op in settled.items() if op != "relist"}
    with banks.db.read() as connection:
        tombs = rows.tombstones_among(connection, list(settled))
        live = _live_but_withdrawn(connection, banks)
    return (silent - tombs) | live, {identity for identity in tombs if settled[identity] == "relist"}


def replay(banks: Banks) -> int:
    """Apply what the file says and the database does not; how many identities were set right.

    Raises: Tampered (withdrawals_damaged).
    """
    late, relisted = disagreements(banks)
    if not late and not relisted:
        return 0
    with banks.db.write() as connection:
        live = rows.live_by_identity(connection, list(late))
        withdrawn = {identity for identity, op in banks.withdrawals.settled().items() if op == "withdraw"}
        # what is only silent and live stays, as when the silence was made
        bury(connection, {one: live[one] for one in live if one in withdrawn}, late, to_us(banks.clock.now()))
        rows.drop_tombstones(connection, list(relisted))
    return len(late) + len(relisted)


def _live_but_withdrawn(connection: Connection, banks: Banks) -> set[bytes]:
    withdrawn = [identity for identity, op in banks.withdrawals.settled().items() if op == "withdraw"]
    return set(rows.live_by_identity(connection, withdrawn))
