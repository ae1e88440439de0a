"""The table of commands, and errors as exit statuses. Data goes to stdout, talk to stderr."""

import argparse
import os
import sys
from collections.abc import Sequence

from amparo.cli import (
    backup,
    bank,
    case,
    client,
    demo,
    desk_key,
    doctor,
    hash,  # noqa: A004  # named as the command
    key,
    match,
    rescan,
    restore,
    run,
    scan,
    settings,
    staff,
    uploads,
    webhook,
    withdrawals,
)
from amparo.errors import AmparoError

INTERRUPTED = 130
COMMANDS = (
    run,
    demo,
    hash,
    bank,
    match,
    scan,
    rescan,
    uploads,
    case,
    desk_key,
    client,
    key,
    webhook,
    staff,
    settings,
    doctor,
    backup,
    restore,
    withdrawals,
)


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
        status: int | None = wanted.run(wanted)
    except AmparoError as error:
        print(f"amparo: {error.text}", file=sys.stderr)
        if error.hint:
            print(f"amparo: {error.hint}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; nothing to flush to
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status or 0
