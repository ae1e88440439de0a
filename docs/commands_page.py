"""The page of commands, read from the tree of argument parsers. Runs no command."""
# ruff: noqa: INP001 - beside the pages it writes, no package

import argparse
from collections.abc import Iterator

from amparo.cli.main import COMMANDS

INTRO = """# Commands

`./amparo COMMAND` in a checkout, `amparo COMMAND` where it is installed. Data goes to stdout, talk to stderr.
`./amparo test`, `./amparo bench` and `./amparo lock` belong to the script of the checkout and are not in this table.
With `--jsonl` there is one JSON object a line. Exit: 0 done, 1 unexpected, 2 bad usage or input, 3 some inputs failed, 20 verification failed.
"""


def commands_page() -> str:
    """docs/reference/commands.md: every command with its arguments."""
    return "\n".join([INTRO, *(_section(name, told, parser) for name, told, parser in leaves())])


def leaves() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every command that can be run: its words, its help, its parser."""
    root = argparse.ArgumentParser(prog="amparo")
    commands = root.add_subparsers()
    for command in COMMANDS:
        command.add(commands)
    yield from _below("amparo", "", root)


def _below(name: str, told: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001  # argparse tells its tree in no other way
    for group in groups:
        helps = {choice.dest: choice.help or "" for choice in group._choices_actions}  # noqa: SLF001  # same
        for verb, below in group.choices.items():
            yield from _below(f"{name} {verb}", helps.get(verb, ""), below)
    if not groups:
        yield name, told, parser


def _section(name: str, told: str, parser: argparse.ArgumentParser) -> str:
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]  # noqa: SLF001  # same
    actions.sort(key=lambda action: bool(action.option_strings))
    usage = " ".join([name, *map(_usage, actions)])
    lines = [f"## `{name}`", "", f"{told[:1].upper()}{told[1:]}." if told else "", "", "```", usage, "```", ""]
    rows = [f"| `{_named(action)}` | {_meaning(action)} |" for action in actions if _meaning(action)]
    if rows:
        lines += ["| argument | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _usage(action: argparse.Action) -> str:
    text = _named(action)
    return text if not action.option_strings or action.required else f"[{text}]"


def _named(action: argparse.Action) -> str:
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    )
    value = str(value)
    if action.nargs == 0:
        value = ""
    elif action.nargs in ("+", "*"):
        value += "…"
    if action.option_strings:
        return f"{action.option_strings[-1]} {value}".strip()
    return f"[{value}]" if action.nargs in ("?", "*") else value


def _meaning(action: argparse.Action) -> str:
    told = (action.help or "").replace("|", "\\|")
    return f"{told} (required)".strip() if action.required and action.option_strings else told
