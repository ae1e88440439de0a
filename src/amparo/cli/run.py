"""`amparo run`: the service, in the foreground until SIGINT or SIGTERM."""

from typing import Any

from amparo.app.run import Plan, run
from amparo.cli.options import data_option


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="serve")
    data_option(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port-base",
        type=int,
        default=8800,
        metavar="N",
        help="API on N, portal on N+1, console on N+2, metrics on N+3 (default 8800)",
    )
    parser.add_argument("--workers", type=int, default=0, metavar="K", help="API workers (default: one a core)")
    parser.set_defaults(run=lambda wanted: run(Plan(wanted.data, wanted.host, wanted.port_base, wanted.workers)))
