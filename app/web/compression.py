"""Smaller answers for what a browser loads: pages and tables."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.assets import BASE


class CompressedReads(GZipMiddleware):
    """Compresses the answers to GET only.

    It runs on the event loop, and the answers to a POST can be megabytes of numbers, which take
    longer to compress than to send. The build has compressed its files already.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pages = scope["type"] == "http" and not scope["path"].startswith(BASE)
        if pages and scope["method"] == "GET":
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
