"""Choose loopback ports: an exact one that was asked for, or the next free one."""

import errno
import socket
from collections.abc import Mapping

HOST = "127.0.0.1"
TRIES = 100


class PortError(Exception):
    """A port that was asked for cannot be had; the text is one sentence naming it."""


def refusal(port: int) -> str:
    """Return why nobody can listen on a port ("" when somebody can)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return "it is taken" if error.errno == errno.EADDRINUSE else (error.strerror or "refused").lower()
    return ""


def chosen(environment: Mapping[str, str], variable: str, first: int, taken: int | None = None) -> int:
    """Return the port that a variable asks for, else the first free one from `first`; raise PortError."""
    asked = environment.get(variable, "").strip()
    if asked:
        return _exact(variable, asked, taken)
    for port in range(first, first + TRIES):
        if port != taken and not refusal(port):
            return port
    raise PortError(f"{variable}: no free port between {first} and {first + TRIES - 1}.")


def _exact(variable: str, asked: str, taken: int | None) -> int:
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise PortError(f"{variable}: {asked!r} is not a port (1 to 65535).")
    port = int(asked)
    reason = "the web server has it" if port == taken else refusal(port)
    if reason:
        raise PortError(f"{variable}: port {port} cannot be used, {reason}.")
    return port
