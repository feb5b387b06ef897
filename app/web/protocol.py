"""What one connection may send, and how long it may take: uvicorn's protocol with bounds and times.

Whatever goes beyond them gets its answer in words, after the answers to what was asked before it on
the same connection, and is then closed. Nothing stays open for as long as the other side likes:
each connection looks at itself every `look_seconds`, which costs a microsecond or two.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from ipaddress import IPv6Address
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.errors import Problem
from app.web.security import SECURITY_HEADERS


@dataclass(frozen=True)
class Bounds:
    """The defaults let a class of 300 in behind one address, with six connections each."""

    link_bytes: int = 65_535  # the longest that httptools reads
    link_fields: int = 200  # more than any page or figure knows
    head_bytes: int = 98_304  # the link and all headers
    headers: int = 100
    body_bytes: int = 32_000_000  # more than any route takes; past it nobody listens any more
    head_seconds: float = 10.0  # until it is complete
    pause_seconds: float = 10.0  # without a byte of the body
    body_rate: float = 4_000.0  # bytes a second, over the whole body
    stall_seconds: float = 30.0  # in which no byte of an answer is taken
    linger_seconds: float = 2.0  # for the last words to be read
    look_seconds: float = 1.0
    connections: int = 6_000
    connections_each: int = 2_400  # of one address, or of one /64 of IPv6


class Refused(Exception):
    """What has come is not read any further. Raised while parsing."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Part(Enum):
    """What of a request is expected next."""

    BETWEEN = "the next request, if any"
    HEAD = "the rest of its head"
    BODY = "the rest of its body"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `bounded` makes the class that a server uses."""

    bounds: Bounds
    addresses: Counter[str | None]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.part = Part.BETWEEN
        self.begun = False  # has the head's first letter been read?
        self.since = self.heard = self.looked = self.loop.time()
        self.messages = self.fed_bytes = self.in_head_bytes = self.in_body_bytes = 0
        self.trailers = 0
        self.unsent_bytes, self.taken = 0, self.since
        self.refused = False
        self.last_words: bytes | None = None  # to be said once all earlier answers are sent
        self.leaving_since: float | None = None
        self.watch: asyncio.TimerHandle | None = None
        self.address: str | None = None

    # From the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = network_of(self.client[0]) if self.client else None
        self.addresses[self.address] += 1
        too_many = len(self.connections) > self.bounds.connections
        if too_many or self.addresses[self.address] > self.bounds.connections_each:
            # At once: to linger would be to keep what there is too much of.
            self.refused = True
            transport.write(said(503, "There are too many connections; try again in a moment."))
            transport.close()
        self.watch = self.loop.call_later(self.bounds.look_seconds, self.look)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.watch is not None:
            self.watch.cancel()
            self.watch = None
        self.addresses[self.address] -= 1
        if not self.addresses[self.address]:
            del self.addresses[self.address]
        self.refused = True

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        self._unset_keepalive_if_required()
        if self.part is Part.BETWEEN:
            self.enter(Part.HEAD)
            self.begun = False
        before = (self.part, self.messages)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # there is nothing to upgrade to: it is answered as if it had not been asked for
        except httptools.HttpParserError as error:
            self.refuse_unread(error)
            return
        # A header that has not ended is nowhere but in the parser: count what went into it.
        if (self.part, self.messages) == before:
            self.fed_bytes += len(data) if self.part is Part.HEAD else 0
        else:
            self.fed_bytes = 0
        if self.fed_bytes > self.bounds.head_bytes:
            self.refuse(431, self.head_sentence)

    def shutdown(self) -> None:
        if self.leaving_since is not None:
            self.transport.close()
        else:
            super().shutdown()

    # From the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.enter(Part.HEAD)
        self.begun = True
        self.messages += 1
        self.in_head_bytes = self.in_body_bytes = self.trailers = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self.in_head_bytes += len(url)
        if len(self.url) > self.bounds.link_bytes:
            most = f"{self.bounds.link_bytes:,} bytes"
            raise Refused(414, f"The link is longer than {most}, the most that is read.")
        if self.url.count(b"&") >= self.bounds.link_fields:
            fields = f"{self.bounds.link_fields} fields"
            raise Refused(414, f"The link has more than {fields}, the most that are read.")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.in_head_bytes += len(name) + len(value) + 4
        if self.in_head_bytes > self.bounds.head_bytes:
            raise Refused(431, self.head_sentence)
        if self.part is Part.BODY:  # after the body, where nobody looks for them
            self.trailers += 1
        else:
            super().on_header(name, value)
        if len(self.headers) + self.trailers > self.bounds.headers:
            most = self.bounds.headers
            raise Refused(431, f"There are more than {most} headers, the most that are read.")
        if name.lower() == b"content-length" and not value.strip():
            raise Refused(400, "The Content-Length of this request is empty.")

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.enter(Part.BODY)

    def on_body(self, body: bytes) -> None:
        self.heard = self.loop.time()
        self.in_body_bytes += len(body)
        if self.in_body_bytes > self.bounds.body_bytes:
            raise Refused(413, "The body is larger than anything that is read.")
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.enter(Part.BETWEEN)
        super().on_message_complete()

    # From the answer

    def on_response_complete(self) -> None:
        another = bool(self.pipeline)
        super().on_response_complete()
        if self.part is Part.BETWEEN:
            self.since = self.loop.time()
        if self.last_words is not None and not another and not self.transport.is_closing():
            self.part_with(self.last_words)

    # Time

    def enter(self, part: Part) -> None:
        self.part = part
        self.since = self.heard = self.loop.time()

    def look(self) -> None:
        """Is anything later than it may be?"""
        now, bounds = self.loop.time(), self.bounds
        self.watch = self.loop.call_later(bounds.look_seconds, self.look)
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self.unsent_bytes:
            self.taken = now
        self.unsent_bytes = unsent
        if self.leaving_since is not None:
            if now - self.leaving_since > bounds.linger_seconds:
                self.transport.abort()
        elif now - self.taken > bounds.stall_seconds:
            self.transport.abort()
        elif not self.refused:
            self.look_at_request(now)
        self.looked = now

    def look_at_request(self, now: float) -> None:
        bounds = self.bounds
        if self.flow.read_paused:  # it is the server that does not read: that time does not count
            self.since += now - self.looked
            self.heard += now - self.looked
        elif self.part is Part.BODY:
            allowed = bounds.pause_seconds + self.in_body_bytes / bounds.body_rate
            if now - self.heard > bounds.pause_seconds:
                pause = f"{bounds.pause_seconds:g} seconds"
                self.refuse(408, f"Nothing more of the body came for {pause}.")
            elif now - self.since > allowed:
                self.refuse(408, "The body comes too slowly.")
        elif now - self.since > bounds.head_seconds:
            if self.part is Part.HEAD and self.begun:
                most = f"{bounds.head_seconds:g} seconds"
                self.refuse(408, f"The request's head was not complete within {most}.")
            elif self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    # Refusals

    @property
    def head_sentence(self) -> str:
        most = f"{self.bounds.head_bytes:,} bytes"
        return f"The link and the headers are together larger than {most}, the most that is read."

    def refuse_unread(self, error: httptools.HttpParserError) -> None:
        """Refuse what the parser stopped at."""
        cause = error.__context__
        if isinstance(cause, Refused):
            self.refuse(cause.status, cause.sentence)
        elif cause is not None:  # the head is well-formed, but its target is no path
            self.refuse(400, "The address in this request cannot be read.")
        else:
            self.refuse(400, f"This cannot be read as HTTP: {error}.")

    def refuse(self, status: int, sentence: str) -> None:
        """Read no further; say why, in its turn, and close."""
        self.refused = True
        words, cycle = said(status, sentence), self.cycle
        if cycle is None or (cycle.response_complete and self.part is not Part.BODY):
            self.part_with(words)
        elif self.part is not Part.BODY:  # the fault comes after what is being answered
            self.last_words = words
        elif self.pipeline and self.pipeline[0][0] is cycle:  # its turn had not come
            self.pipeline.popleft()
            self.last_words = words
        elif cycle.response_complete:  # answered without its body
            self.part_with(b"")
        elif cycle.response_started:
            cycle.keep_alive = False
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            self.part_with(words)

    def part_with(self, words: bytes) -> None:
        """Say the last words and close a little later: at once, they might be lost on the way to
        one who is still sending."""
        self._unset_keepalive_if_required()
        self.transport.write(words)
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self.leaving_since = self.loop.time()


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """The protocol of one server, which counts its own connections."""
    return type("Bounded", (BoundedProtocol,), {"bounds": bounds, "addresses": Counter()})


def network_of(address: str) -> str:
    """Whom an address belongs to: of IPv6 the /64, which one household or one machine has."""
    if ":" not in address:
        return address
    whole = IPv6Address(address.partition("%")[0])
    return str(whole.ipv4_mapped or IPv6Address(int(whole) >> 64 << 64))


def said(status: int, sentence: str) -> bytes:
    """A refusal as it goes over the wire, in the form that every refusal has."""
    body = json.dumps(Problem(sentence).told).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        **({"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}),
        **SECURITY_HEADERS,
    }
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[status] + lines.encode() + b"\r\n" + body
