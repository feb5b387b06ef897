"""The headers that every answer carries, and the size that no question may exceed."""

from collections.abc import Mapping

from fastapi import HTTPException
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
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The one page that a visitor may let look through the camera.
CAMERA_PATH = "/activations"
CAMERA_POLICY = SECURITY_HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")


class SecurityHeaders:
    """Adds the headers to every answer; encoded once, since this runs for each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.encoded = encoded(SECURITY_HEADERS)
        self.camera = encoded(SECURITY_HEADERS | {"Permissions-Policy": CAMERA_POLICY})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = self.camera if scope.get("path") == CAMERA_PATH else self.encoded

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they go over the wire."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


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
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value)
    return 0
