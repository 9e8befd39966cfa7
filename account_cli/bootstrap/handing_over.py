"""What only one process may do is done by the one that does it already; the others ask it, and wait.

Whoever can have the lock of an account has it and does the work. Whoever cannot writes a request into the database, and
takes the work up after all when the process that held the lock is gone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress

import msgspec

from account_cli.bootstrap.collecting import SystemClock
from account_cli.config import AccountConfig, Config
from account_cli.domain.times import SECOND
from account_cli.errors import AcctError, LockHeld
from account_cli.ports import Answer, Request
from account_cli.storage import collector_lock, has_database, open_journal, open_reader

OnProgress = Callable[[str, str | None], None]
_LOOK_EVERY_S = 0.1
_LOOKS_A_TRY = 10
"""Looks for an answer between two tries for the lock."""


async def by_whoever_collects(
    account: AccountConfig,
    config: Config,
    request: Request,
    mine: Callable[[], Awaitable[None]],
    on_progress: OnProgress | None = None,
) -> Answer | None:
    """Do ``mine`` holding the account's lock, and return None; or return what the process that holds it answered.

    Raises the error it answered with, and ``LockHeld`` when it did not answer until the request's end.
    """
    clock = SystemClock()
    asked = _Asked(config, request)
    try:
        while True:
            with ExitStack() as stack:
                try:
                    stack.enter_context(collector_lock(config.database, account.name))
                except LockHeld as held:
                    _still(request, held, clock.now_ns())
                    if on_progress is not None:
                        on_progress(account.name, f"{held.message}; waiting for it")
                else:
                    asked.take_back()
                    await mine()
                    return None
            asked.ask()
            for _ in range(_LOOKS_A_TRY):
                await clock.sleep(_LOOK_EVERY_S)
                if (answer := asked.answer()) is not None:
                    return answer
    finally:
        asked.take_back()
        if on_progress is not None:
            on_progress(account.name, None)


def _still(request: Request, held: LockHeld, now_ns: int) -> None:
    """Raise once the time is up."""
    if now_ns > request.until_ns:
        waited_s = (request.until_ns - request.asked_ns) / SECOND
        raise LockHeld(
            f"{held.message}, which did not answer within {waited_s:.0f} s",
            hint=f"Look at `acct accounts {request.account}`, or end that process.",
        ) from None


class _Asked:
    """A request while it is waited for."""

    def __init__(self, config: Config, request: Request) -> None:
        self._database, self._request = config.database, request

    def ask(self) -> None:
        """Write it down, once the process that collects has made the database."""
        if self._request.number or not has_database(self._database):
            return
        journal = open_journal(self._database)
        try:
            with journal.transaction() as tx:
                self._request = msgspec.structs.replace(self._request, number=tx.put_request(self._request))
        finally:
            journal.close()

    def answer(self) -> Answer | None:
        """Return the answer, None as long as there is none; raises the error that was answered."""
        if not self._request.number:
            return None
        reader = open_reader(self._database)
        try:
            found = reader.request(self._request.number)
        finally:
            reader.close()
        answer = None if found is None else found.answer
        if answer is not None and answer.code is not None:
            raise _error(answer)
        return answer

    def take_back(self) -> None:
        """Forget it: nobody waits for it any more."""
        number = self._request.number
        if not number:
            return
        self._request = msgspec.structs.replace(self._request, number=0)
        with suppress(AcctError):
            journal = open_journal(self._database)
            try:
                with journal.transaction() as tx:
                    tx.drop_requests([number])
            finally:
                journal.close()


def _error(answer: Answer) -> AcctError:
    error = AcctError(answer.message, hint=answer.hint)
    error.code, error.exit_code = answer.code or error.code, answer.exit_code
    return error
