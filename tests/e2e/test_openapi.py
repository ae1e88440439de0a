"""schemathesis reads /openapi.json of a running service and tries every route with what it allows and what it forbids."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.running import Service

pytestmark = pytest.mark.enable_socket
EXAMPLES, EXAMPLES_LONG = 25, 400
PROGRAM = Path(sys.executable).parent / "schemathesis"


def test_every_route_keeps_what_the_document_says(service: Service, pytestconfig: pytest.Config) -> None:
    examples = EXAMPLES_LONG if pytestconfig.getoption("--long") else EXAMPLES
    header = f"Authorization: {service.key('admin')['Authorization']}"
    command = [
        PROGRAM, "--config-file", Path(__file__).with_name("schemathesis.toml"),
        "run", f"{service.url}/openapi.json", "--header", header, "--checks", "all", "--no-color",
        "--seed", "2026", "--max-examples", str(examples),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=service.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout.rpartition("Test cases:")[2], done.stdout
    said = service.log.read_text()
    assert "Traceback" not in said
    assert "request failed" not in said
    assert service.stop() == 0
