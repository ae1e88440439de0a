"""An intake in memory for tests of the portal alone, with a hook for faults. The real one is tested with it in tests/integration."""

import secrets
from collections.abc import Callable, Sequence

import msgspec

from amparo.errors import Gone
from amparo.intake.model import Draft, FileIn


def copied(draft: Draft) -> Draft:
    """As it comes back from a database."""
    return msgspec.json.decode(msgspec.json.encode(draft), type=Draft)


class IntakeTwin:
    """What amparo.portal.doors.Intake asks for. before: called with the verb's name before each; it may raise."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}
        self.held: dict[str, dict[int, FileIn]] = {}
        self.cases: dict[str, str] = {}
        self.submitted: list[tuple[Draft, list[FileIn]]] = []
        self.before: Callable[[str], None] = lambda _verb: None

    def begin(self, draft: Draft) -> str:
        self.before("begin")
        token = secrets.token_urlsafe(32)
        draft.case_uid = draft.case_uid or secrets.token_hex(16)
        self.drafts[token], self.held[token] = copied(draft), {}
        return token

    def draft(self, token: str) -> Draft | None:
        self.before("draft")
        return copied(self.drafts[token]) if token in self.drafts else None

    def save(self, token: str, draft: Draft) -> None:
        self.before("save")
        if token not in self.drafts:
            raise Gone("session_over", "the session is over")
        draft.case_uid = draft.case_uid or secrets.token_hex(16)
        self.drafts[token] = copied(draft)

    def end(self, token: str) -> None:
        self.before("end")
        self.drafts.pop(token, None)
        self.held.pop(token, None)

    def add_files(self, token: str, files: Sequence[FileIn]) -> int:
        self.before("add_files")
        self.held[token] |= {file.number: file for file in files}
        return len(self.held[token])

    def files(self, token: str) -> list[FileIn]:
        self.before("files")
        return [self.held[token][number] for number in sorted(self.held[token])]

    def drop_file(self, token: str, number: int) -> None:
        self.before("drop_file")
        self.held[token].pop(number, None)

    def drop_files(self, token: str) -> None:
        self.before("drop_files")
        self.held[token].clear()

    def submit_case(self, token: str, draft: Draft) -> str:
        self.before("submit_case")
        if draft.case_uid not in self.cases:
            self.cases[draft.case_uid] = f"{secrets.randbelow(10**16):016d}"
            self.submitted.append((copied(draft), self.files(token)))
        return self.cases[draft.case_uid]

    def epoch(self) -> str:
        self.before("epoch")
        return "epoch"
