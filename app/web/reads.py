"""What is read by GET depends on its address alone, so it is made once: shared by all who ask
meanwhile, remembered, compressed once, and named by an ETag."""

import asyncio
import gzip
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.figure import LEAST, LEVEL
from app.web.kept import Kept

MOST_BYTES = 64_000_000
LONG_QUERY = 2_000  # a link with a network of one's own in it, which nobody else follows
# The build has compressed its files already. A sign of life, runs that come as events, and
# notebooks, which hold the name by which a visitor calls the server, are passed by.
FILES, ALIVE, PASSED_BY = "/static/", "/healthz", ("/frames", ".ipynb")
# Without a seed its exercises are drawn anew for each who asks.
DRAWN, SEED = "/practice", b"seed="
PART, HAD = "range", "if-none-match"
TEXT = ("text/", "application/json", "image/svg")


@dataclass(frozen=True)
class Read:
    """A response as it goes over the wire, and its compressed form if that is worth having."""

    status: int
    headers: Headers
    body: bytes
    gzipped: bytes | None
    long: bool

    @property
    def kept_bytes(self) -> int:
        """What remembering it takes; 0 if it must not be."""
        forbidden = self.long or "no-store" in self.headers.get("cache-control", "")
        if self.status != 200 or forbidden:
            return 0
        return len(self.body) + len(self.gzipped or b"")


class KeptReads:
    """Remembers what was answered to a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: Kept[Read] = Kept(lambda read: read.kept_bytes, MOST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or path == ALIVE:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        file = path.startswith(FILES)
        drawn = path.startswith(DRAWN) and SEED not in scope["query_string"]
        if drawn or path.endswith(PASSED_BY) or (file and (PART in headers or HAD in headers)):
            await self.app(scope, receive, send)
            return
        # Only a mistake is told in another form to a browser than to a program.
        form = (
            headers.get("accept-encoding", "") if file else "text/html" in headers.get("accept", "")
        )
        key = (path, scope["query_string"], form)
        read = await self.kept.get(key, partial(self.read, scope, receive))
        await respond(read, headers, send)

    async def read(self, scope: Scope, receive: Receive) -> Read:
        """The whole response of the app."""
        messages: dict[str, list[Message]] = defaultdict(list)

        async def collect(message: Message) -> None:
            messages[message["type"]].append(message)

        await self.app(scope, receive, collect)
        (start,) = messages["http.response.start"]
        status, headers = start["status"], MutableHeaders(raw=list(start["headers"]))
        body = b"".join(message.get("body", b"") for message in messages["http.response.body"])
        gzipped = None
        file = scope["path"].startswith(FILES)
        if not file and len(body) >= LEAST and headers.get("content-type", "").startswith(TEXT):
            gzipped = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
            headers.add_vary_header("Accept-Encoding")
        if status == 200 and not file:
            headers["ETag"] = f'W/"{sha256(body).hexdigest()[:20]}"'
        long = len(scope["query_string"]) > LONG_QUERY
        return Read(status, headers, body, gzipped, long)


async def respond(read: Read, asked: Headers, send: Send) -> None:
    """Sends it, or says that the visitor has it already."""
    headers, status, body = read.headers.mutablecopy(), read.status, read.body
    etag = headers.get("etag")
    if etag and etag in asked.get(HAD, ""):
        status, body = 304, b""
        del headers["content-length"]
        del headers["content-type"]
    elif read.gzipped and "gzip" in asked.get("accept-encoding", ""):
        body = read.gzipped
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
    await send({"type": "http.response.start", "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})
