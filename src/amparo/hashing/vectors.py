"""The vectors of the kinds: reading them, and the self-test at start. Makes none; tests/make_vectors.py does."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from amparo.errors import AmparoError, Tampered
from amparo.hashing.kind import Frames, Hashed, HashKind, Pixels
from amparo.hashing.patterns import draw
from amparo.hashing.video import from_text

GIVEN = ("picture", "frames", "text", "times")


@dataclass(frozen=True, slots=True)
class Case:
    """given: what goes in, as the file says it. value: as signals of the kind travel. at_start: cheap enough for every start."""

    given: dict[str, Any]
    value: str
    quality: int | None
    at_start: bool

    def hash_with(self, kind: HashKind) -> Hashed:
        """What ``kind`` makes of this case's picture or text."""
        if kind.over == "pixels":
            return cast("Callable[[Pixels], Hashed]", kind.hash)(_drawn(self.given["picture"]))
        if kind.over == "frames":
            frames = ((frame["ms"], _drawn(frame["picture"])) for frame in self.given["frames"])
            return cast("Callable[[Frames], Hashed]", kind.hash)(frames)
        return cast("Callable[[bytes], Hashed]", kind.hash)(
            self.given["text"].encode("ascii") * self.given.get("times", 1)
        )

    def holds_for(self, kind: HashKind) -> bool:
        """``kind`` gives this value and quality."""
        code = from_text(self.value) if kind.over == "frames" else bytes.fromhex(self.value)
        return self.hash_with(kind) == Hashed(code, self.quality)


def _drawn(told: dict[str, Any]) -> Pixels:
    picture = dict(told)
    return draw(picture.pop("pattern"), **picture)


@dataclass(frozen=True, slots=True)
class Vectors:
    """source: who says so. at_start: how many cases the self-test must run; a file that lost some is caught."""

    source: str
    at_start: int
    cases: tuple[Case, ...]


def vectors_of(name: str) -> Vectors:
    """The vectors of the kind ``name``. Raises: Tampered (self_test) when they are missing or malformed."""
    try:
        told = json.loads((files("amparo.hashing.kinds") / f"{name}.vectors.json").read_text("ascii"))
        return Vectors(told["source"], told["at_start"], tuple(_cases(told["cases"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _failed(name, "its vectors are missing or malformed") from error


def _cases(told: Iterable[dict[str, Any]]) -> Iterator[Case]:
    for case in told:
        given: dict[str, Any] = {key: case[key] for key in GIVEN if key in case}
        yield Case(given, case["value"], case.get("quality"), bool(case.get("at_start", False)))


def self_test(kinds: Iterable[HashKind]) -> dict[str, int]:
    """Run the start cases of each kind; gives how many ran, by kind. Raises: Tampered (self_test)."""
    ran = {}
    for kind in kinds:
        vectors = vectors_of(kind.name)
        cases = [case for case in vectors.cases if case.at_start]
        if not cases or len(cases) != vectors.at_start:
            raise _failed(kind.name, f"{len(cases)} vectors where there should be {vectors.at_start}")
        wrong = sum(not _holds(case, kind) for case in cases)
        if wrong:
            raise _failed(kind.name, f"{wrong} of {len(cases)} vectors give another value")
        ran[kind.name] = len(cases)
    return ran


def _holds(case: Case, kind: HashKind) -> bool:
    try:
        return case.holds_for(kind)
    except (AmparoError, ValueError, KeyError, TypeError):
        return False


def _failed(name: str, why: str) -> Tampered:
    return Tampered(
        "self_test", f"the self-test of {name} failed: {why}", "Install again; hashes made here must not be used."
    )
