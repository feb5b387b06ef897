"""Who asks: the address that a visitor's share of the server goes by."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

PREFIX = 64  # bits of an IPv6 address: one household has all that begin with them
MOST_CHARACTERS = 64


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
