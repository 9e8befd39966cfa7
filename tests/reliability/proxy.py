"""A wire between acct and a server that can be cut, held still and mended."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Iterator
from types import TracebackType
from typing import Self


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until one end is gone."""
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.transport.abort()


async def join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    dialling: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
) -> None:
    """Be the middle of a connection until one end is gone."""
    with contextlib.suppress(OSError):
        answers, there = await dialling
        await asyncio.gather(pass_on(reader, there), pass_on(answers, writer))
    writer.transport.abort()


class Wire:
    """Listens on ``host`` and passes every connection on to ``server``; ``port`` is known once it is entered."""

    def __init__(self, server: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._server, self._host = server, host
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self._is_cut = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._serve, self._host, 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and each new one at once, until it is mended."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    @contextlib.contextmanager
    def being_cut(self) -> Iterator[None]:
        """Keep it cut for the length of a block."""
        self.cut()
        try:
            yield
        finally:
            self.mend()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            answers, there = await self._dial()
            self._writers.add(there)
            await asyncio.gather(pass_on(reader, there), pass_on(answers, writer))
        except OSError:
            pass
        finally:
            for one in (writer, there):
                if one is not None:
                    self._writers.discard(one)
                    one.transport.abort()
            self._tasks.discard(task)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._server
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


async def _obey(server: tuple[str, int], host: str) -> None:
    """Be a wire in a process of its own: say the port, then do what each line of standard input says."""
    async with Wire(server, host) as wire:
        sys.stdout.write(f"{wire.port}\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            {"cut": wire.cut, "mend": wire.mend}[line.strip()]()


if __name__ == "__main__":
    asyncio.run(_obey((sys.argv[1], int(sys.argv[2])), sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"))
