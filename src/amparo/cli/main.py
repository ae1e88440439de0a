"""The table of commands, and errors as exit statuses. Data goes to stdout, talk to stderr."""

import argparse
import sys
from collections.abc import Sequence

from amparo.cli import client, key, run, settings
from amparo.errors import AmparoError

COMMANDS = (run, client, key, settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="amparo", description="Finds, removes and proves non-consensual intimate images."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    wanted = parser.parse_args(arguments)
    try:
        wanted.run(wanted)
    except AmparoError as error:
        print(f"amparo: {error.text}", file=sys.stderr)
        if error.hint:
            print(f"amparo: {error.hint}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        return 1
    return 0
