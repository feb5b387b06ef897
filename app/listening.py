"""Where the server listens: HOST and PORT, with a sentence for whatever keeps it from that."""

import errno
import os
import resource
import socket
import sys
from contextlib import suppress

LAST_PORT = 65_535
BACKLOG = 2_048  # connections that wait to be accepted
MOST_FILES, OTHER_FILES = 8_192, 256  # that may be open; those of them that are no connections


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def port_named(text: str) -> int:
    """The port in a setting; 0 is any that is free. Leaves with a sentence if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= LAST_PORT):
        sys.exit(
            f"PORT is {text!r}, which is no port: set a whole number from 1 to {LAST_PORT}, "
            "as in make run PORT=8000."
        )
    return int(text)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Leaves with a sentence if that cannot be."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, ValueError) as error:  # ValueError: a name that cannot even be asked for
        listener.close()
        sys.exit(unavailable(host, port, error))
    listener.set_inheritable(True)
    return listener


def unavailable(host: str, port: int, error: OSError | ValueError) -> str:
    """Why a server cannot listen there, and what to do."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        other = port + 1 if port < LAST_PORT else port - 1
        return (
            f"Port {port} of {host} is in use: stop what runs there, or choose another port, "
            f"as in make run PORT={other}."
        )
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"Port {port} of {host} may not be used by this user: choose one above 1023, "
            "as in make run PORT=8000."
        )
    if number == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror | ValueError):
        return (
            f"HOST is {host!r}, which is no address of this machine: set 127.0.0.1 for this "
            "machine alone, or 0.0.0.0 for its whole network."
        )
    reason = os.strerror(number) if number else str(error)
    return f"Port {port} of {host} cannot be listened on ({reason}): choose another HOST or PORT."


def most_files() -> int:
    """How many files this process may have open, raised to what so many visitors need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_FILES
    with suppress(OSError, ValueError):  # some systems have a lower limit that they do not tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
