"""Our own JavaScript in node, asked from Python: one process, a question and an answer a line. Not a test.

Node is the one that playwright's wheel brings, so its version is in the lock.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import playwright

PROGRAM = Path(playwright.__file__).parent / "driver" / "node"
ANSWERER = Path(__file__).with_name("node_answers.mjs")


class Node:
    """``ask`` gives what tests/node_answers.mjs answers."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, verb: str, **given: Any) -> Any:
        """The answer to one question. Raises: RuntimeError with what was thrown there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"verb": verb, **given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "thrown" in answer:
            raise RuntimeError(answer["thrown"])
        return answer["gives"]


@contextmanager
def node() -> Iterator[Node]:
    """A process that answers until the block ends."""
    command = [str(PROGRAM), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", str(ANSWERER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Node(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
