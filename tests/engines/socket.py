"""As much of a WebSocket's client (RFC 6455) as a browser on this machine needs."""

import base64
import os
import socket
import struct
from itertools import cycle

TEXT, PING, PONG = 1, 9, 10


class Socket:
    """Texts to and from ws://127.0.0.1:port/path; raises OSError where it breaks off."""

    def __init__(self, port: int, path: str) -> None:
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.wire.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = self.file.readline()
        if b" 101 " not in answer:
            raise ConnectionError(answer.decode())
        while self.file.readline().strip():
            pass

    def send(self, text: str, kind: int = TEXT) -> None:
        body, mask = text.encode(), os.urandom(4)
        size = len(body)
        if size < 126:
            head = struct.pack("!BB", 128 | kind, 128 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 128 | kind, 128 | 126, size)
        else:
            head = struct.pack("!BBQ", 128 | kind, 128 | 127, size)
        masked = bytes(a ^ b for a, b in zip(body, cycle(mask), strict=False))
        self.wire.sendall(head + mask + masked)

    def receive(self) -> str:
        """The next whole text."""
        whole = b""
        while True:
            first, size = self.exactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", self.exactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.exactly(8))
            body = self.exactly(size)
            if first & 15 == PING:
                self.send(body.decode(), PONG)
            elif first & 15 <= TEXT:
                whole += body
                if first & 128:
                    return whole.decode()

    def exactly(self, size: int) -> bytes:
        body = self.file.read(size)
        if len(body) < size:
            raise ConnectionError("the browser has hung up")
        return body
