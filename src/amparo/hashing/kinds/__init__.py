"""The registry of hash kinds, in the order in which signals are told. One line a kind; nothing becomes code by lying here."""

from amparo.hashing.kind import HashKind
from amparo.hashing.kinds import md5, pdq, sha256, vpdq

KINDS: dict[str, HashKind] = {
    kind.name: kind
    for kind in (
        pdq.KIND,
        vpdq.KIND,
        md5.KIND,
        sha256.KIND,
    )
}
