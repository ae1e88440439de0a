"""The command line: one file a command. Decides nothing; it asks the rooms below."""

from amparo.cli.main import main

__all__ = ["main"]
