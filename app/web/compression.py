"""Smaller answers for what a browser loads: pages, tables, built files."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class CompressedReads(GZipMiddleware):
    """Compresses the answers to GET only.

    It runs on the event loop, and the answers to a POST can be megabytes of numbers, which take
    longer to compress than to send.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
