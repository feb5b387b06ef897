"""Who asks: the address that a share of the server goes by, and the visitor whose turn it is."""

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

from app.workers.places import Visitor

PREFIX = 64  # bits of an IPv6 address: one household has all that begin with them
MOST_CHARACTERS = 64
# A random name that a browser keeps for all its tabs; it says who takes turns, and nothing else.
NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")


def visitor_of(asked: HTTPConnection) -> Visitor:
    """The client's address, and which of those behind it: the name in `X-Visitor`. Without one, all
    of an address are one visitor."""
    address, name = client_of(asked), asked.headers.get("x-visitor", "")
    return Visitor(address, f"{address} {name}" if NAME.fullmatch(name) else address)


def client_of(asked: HTTPConnection | Scope) -> str:
    """The client's address, or its network; what a proxy says if uvicorn is told to trust it.

    Empty where none is known.
    """
    scope: Any = asked.scope if isinstance(asked, HTTPConnection) else asked
    host = (scope.get("client") or ("",))[0] or ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return str(host[:MOST_CHARACTERS])  # a proxy may say anything
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:  # how a socket for both tells an IPv4 address
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), PREFIX), strict=False))
