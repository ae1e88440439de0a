"""Opens what is sealed in a case with the keys its reader holds, or says that it stays sealed. Keeps no key and no word."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from amparo.cases.model import CaseRecord
from amparo.errors import Tampered
from amparo.intake.texts import cleaned
from amparo.sealing.age import Identity, seal, unseal


@dataclass(slots=True)
class Words:
    """keys: the reader's, none where none were opened. asked, damaged: how many texts were to be opened, and how many did not."""

    keys: Sequence[Identity] = field(repr=False)
    asked: int = 0
    damaged: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether no text can be opened at all."""
        return not self.keys

    def of(self, sealed: bytes) -> str | None:
        """The words, safe to show; None where they stay sealed."""
        self.asked += 1
        if self.is_closed:
            return None
        try:
            return cleaned(opened(sealed, self.keys).decode())
        except (Tampered, UnicodeDecodeError):
            self.damaged += 1
            return None


def opened(sealed: bytes, keys: Sequence[Identity]) -> bytes:
    """What was sealed to one of the keys, of which there is at least one. Raises: Tampered (sealed_damaged)."""
    for key in keys[:-1]:
        with contextlib.suppress(Tampered):
            return unseal(sealed, key.secret)
    return unseal(sealed, keys[-1].secret)


def sealed_again(record: CaseRecord, keys: Sequence[Identity], recipients: Sequence[str]) -> list[tuple[str, bytes]]:
    """The desk's messages by uid, sealed to other keys. What does not open (damaged, or of a lost desk key) is left as it is."""
    again = []
    for one in record.messages:
        if keys and one.direction == "desk":
            with contextlib.suppress(Tampered):
                again.append((one.uid, seal(opened(one.sealed, keys), recipients)))
    return again
