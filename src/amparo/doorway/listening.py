"""Binds the socket a process listens on. It calls nobody."""

import socket
from typing import TypeAlias

from amparo.errors import Unavailable

BACKLOG = 1_024
Listening: TypeAlias = socket.socket


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on a port that other workers listen on too. Raises: Unavailable (port_taken)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise Unavailable(
            "port_taken", f"port {port} of {host} cannot be used", "Stop what uses it, or take another --port-base."
        ) from error
    return bound
