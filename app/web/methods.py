"""What every path answers besides its own methods: HEAD wherever there is GET, OPTIONS, and 405."""

from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class HeadersSent(BaseException):
    """All of an answer that HEAD asks for is sent; no `except Exception` is meant to see it."""


class Methods:
    """Turns HEAD into GET without its body, answers OPTIONS, and lets 405 name all methods."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self.headers_only(scope, receive, send)
        elif scope["method"] == "OPTIONS" and (allowed := allowed_methods(scope)):
            await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
        else:
            # A copy, since routing changes it.
            await self.app({**scope}, receive, naming_methods(scope, send))

    async def headers_only(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer to GET up to where its body begins. A stream is left before it starts."""
        send_start = naming_methods(scope, send)

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send_start(message)
                if not any(name == b"content-length" for name, _ in message["headers"]):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    raise HeadersSent
            elif not message.get("more_body", False):
                await send({**message, "body": b""})

        try:
            await self.app({**scope, "method": "GET"}, receive, send_without_body)
        except* HeadersSent:
            pass


def naming_methods(scope: Scope, send: Send) -> Send:
    """Sends a 405 with all methods of its path: the router names those of one route only."""

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 405:
            others = [(name, value) for name, value in message["headers"] if name != b"allow"]
            message["headers"] = [*others, (b"allow", allowed_methods(scope).encode())]
        await send(message)

    return send_named


def allowed_methods(scope: Scope) -> str:
    """What the path answers, as `Allow` has it; empty if there is nothing."""
    found = [method for method in METHODS if answers(scope, method)]
    return ", ".join(["GET", "HEAD", *found[1:]] if "GET" in found else found)


def answers(scope: Scope, method: str) -> bool:
    """Whether a route has this method at the path; what is mounted are files, which are read."""
    asked = {**scope, "method": method}
    return any(
        route.matches(asked)[0] is Match.FULL
        for route in scope["app"].routes
        if method == "GET" or not isinstance(route, Mount)
    )
