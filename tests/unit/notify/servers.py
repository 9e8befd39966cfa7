"""A mail server and a web server of a test's own, on loopback, that remember what they heard."""

from __future__ import annotations

import asyncio
import email
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import Message


class Server:
    """Hears requests or mails on loopback; a test says how it answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.mails: list[Message] = []
        self.times: list[float] = []
        """When each request or mail had been heard whole, by the monotonic clock."""
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.refuses = False
        self.port = 0

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.heard.append((first, headers, body))
        self.times.append(time.monotonic())
        writer.write(self.answer)
        writer.close()

    async def smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 here")
        while said := (await reader.readline()).decode().strip().upper():
            if said.startswith("EHLO"):
                say("250 here")
            elif said.startswith("RCPT") and self.refuses:
                say("550 nobody of that name")
            elif said == "DATA":
                say("354 go on")
                data = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                self.mails.append(email.message_from_bytes(data))
                self.times.append(time.monotonic())
                say("250 taken")
            elif said == "QUIT":
                say("221 bye")
                break
            else:
                say("250 fine")
        writer.close()


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(getattr(server, kind), "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
