"""Who collects an account answers for it: other processes ask through the database, and this one does what they ask.

A request is looked for once a second, which costs one read of an index that is nearly always empty. It is taken once,
done at once beside everything else, and answered with what came of it, an error included. What nobody waits for any
more is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from account_cli.collector.account import AccountCollector
from account_cli.domain.times import SECOND
from account_cli.engine.looking import Looking, ReadingThread
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, Unreachable
from account_cli.ports import Answer, Clock, JournalReader, Request

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.5


class Answering:
    """Answers for the collectors there are at that moment; ``reader`` is its own, ``thread`` compares."""

    def __init__(
        self, reader: JournalReader, thread: ReadingThread, collectors: Mapping[str, AccountCollector], clock: Clock
    ) -> None:
        self._reader, self._thread, self._clock = reader, thread, clock
        self._collectors = collectors

    async def run(self, writer: Writer) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    for request in self._reader.waiting():
                        if request.account in self._collectors and await self._taken(request, writer):
                            group.create_task(self._answer(request, writer), name=f"answer {request.number}")
                await self._clock.sleep(_LOOK_EVERY_S)

    async def _taken(self, request: Request, writer: Writer) -> bool:
        now = self._clock.now_ns()
        if now > request.until_ns:
            await writer.do(lambda tx: tx.drop_requests([request.number]))
            return False
        return await writer.do(lambda tx: tx.take_request(request.number, now), [request.account])

    async def _answer(self, request: Request, writer: Writer) -> None:
        try:
            answer = await self._done(request, writer)
        except AcctError as error:
            answer = Answer(code=error.code, exit_code=error.exit_code, message=error.message, hint=error.hint)
        except Exception as error:
            _LOG.exception("%s: a request could not be answered", request.account)
            text = f"the acct that collects it could not do this because of a bug ({type(error).__name__})"
            answer = Answer(code="internal", exit_code=1, message=text, hint="Please report it.")
        with contextlib.suppress(AcctError):  # whoever asked stops waiting by itself
            await writer.do(lambda tx: tx.answer_request(request.number, answer), [request.account])

    async def _done(self, request: Request, writer: Writer) -> Answer:
        collector = self._collectors[request.account]
        within_s = (request.until_ns - self._clock.now_ns()) / SECOND
        late = f"the exchange did not tell everything within {within_s:.0f} s"
        if request.what == "poll":
            try:
                async with asyncio.timeout(within_s):
                    return Answer(new_facts=sum(receipt.new for receipt in await collector.look()))
            except TimeoutError:
                raise Unreachable(late, hint=f"Look at `acct accounts {request.account}`.") from None
        looking = Looking(request.account, request.wish, self._clock, self._thread, writer)
        try:
            async with asyncio.timeout(within_s):
                await collector.look()
                await looking.through(collector.look)
        except TimeoutError:
            await looking.give_up(late)
        return Answer(run=None if looking.kept is None else looking.kept.number)
