"""Options that several commands take."""

import argparse
from pathlib import Path


def data_option(parser: argparse.ArgumentParser) -> None:
    """--data DIR."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default ./var)")
