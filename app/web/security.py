"""The headers that every answer carries, and the size that no question may exceed."""

import re
from collections.abc import Mapping
from contextlib import suppress

from fastapi import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.figure import WORDS

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    # KaTeX places its symbols with style attributes, which can style but not run anything.
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# A figure on a page of somebody else's.
EMBED_PATH = "/embed/"
FRAMED = POLICY | {"frame-ancestors": "*"}
# The speaker's window of a lesson has the lesson in it, as it is on the wall.
LESSON_PATH = "/lessons/"
MIRRORED = POLICY | {"frame-ancestors": "'self'"}


def policy(rules: Mapping[str, str]) -> str:
    """The rules as their header has them."""
    return "; ".join(f"{name} {value}" for name, value in rules.items())


SECURITY_HEADERS = {
    "Content-Security-Policy": policy(POLICY),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The pages that a visitor may let look through the camera.
CAMERA_PATHS = {"/activations", "/training/teach"}
CAMERA_POLICY = SECURITY_HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")


# A name or an address, and perhaps a port: all that a Host header is believed.
PLAIN_HOST = re.compile(
    rb"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)
ORIGIN = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class SecurityHeaders:
    """Adds the headers to every answer; encoded once, since this runs for each request.

    Also says how long an answer may be kept where it does not say so itself, and sees to it that
    what was sent as Host leads nowhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.encoded = encoded(SECURITY_HEADERS)
        self.framed = encoded(SECURITY_HEADERS | {"Content-Security-Policy": policy(FRAMED)})
        self.mirrored = encoded(SECURITY_HEADERS | {"Content-Security-Policy": policy(MIRRORED)})
        self.camera = encoded(SECURITY_HEADERS | {"Permissions-Policy": CAMERA_POLICY})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        headers = self.camera if path in CAMERA_PATHS else self.encoded
        if path.startswith(EMBED_PATH):
            headers = self.framed
        elif path.startswith(LESSON_PATH):
            headers = self.mirrored

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [located(name, value) for name, value in message["headers"]]
                if not any(name == b"cache-control" for name, _ in own):
                    kept = keeping(scope["method"], message["status"])
                    own.append((b"cache-control", kept))
                message["headers"] = [*own, *headers]
            await send(message)

        if scope["type"] == "http":
            scope = {**scope, "headers": with_plain_host(scope)}
        with suppress(ClientDisconnect):  # who left within a body gets no answer, and it is no bug
            await self.app(scope, receive, send_with_headers)


def keeping(method: str, status: int) -> bytes:
    """The Cache-Control of an answer that has none: what is read may be kept but is asked for
    again, what was computed for a question or went wrong is not kept."""
    return b"no-cache" if method in ("GET", "HEAD") and status < 400 else b"no-store"


def located(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; if it is Location, relative to this server."""
    if name != b"location" or not (origin := ORIGIN.match(value)):
        return name, value
    return name, b"/" + value[origin.end() :].lstrip(b"/")  # `//` would name another server


def with_plain_host(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a request; a Host that is no plain one is the server's own address."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    hosts = [value for name, value in headers if name == b"host"]
    if not hosts or (len(hosts) == 1 and PLAIN_HOST.fullmatch(hosts[0])):
        return headers
    host, port = scope.get("server") or ("127.0.0.1", None)
    name = f"[{host}]" if ":" in host else host
    own = f"{name}:{port}" if port else name
    return [*(pair for pair in headers if pair[0] != b"host"), (b"host", own.encode())]


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they go over the wire."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


MOST_DIGITS = 18  # of a content-length; more are as much beyond any limit


class BodyTooLarge(HTTPException):
    def __init__(self, limit_bytes: int) -> None:
        kilobytes = limit_bytes // 1_000
        limit = f"{kilobytes // 1_000} MB" if kilobytes >= 1_000 else f"{kilobytes} KB"
        super().__init__(413, f"The question is larger than {limit}, the most that is read here.")


class BodyLimit:
    """Refuses a body that is too large before it has been read: by its header, else as it comes.

    `limits` are bytes by path; a path that is not among them takes no more than words need.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = content_length(scope)
        limit = self.limits.get(scope.get("path", ""), WORDS)
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            if announced > limit:
                raise BodyTooLarge(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge(limit)
            return message

        await self.app(scope, receive_counted, send)


def content_length(scope: Scope) -> int:
    """The announced size of a body in bytes; 0 where there is no number."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value[:MOST_DIGITS]) if value.isdigit() else 0
    return 0
