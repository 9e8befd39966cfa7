"""Callbacks are the changes of ``follow``, handed out by what they are about: balance, fill, position, account."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from decimal import Decimal
from typing import TypeVar

from account_cli.domain.money import ZERO
from account_cli.engine.telling import AccountChange, Move, PositionMove
from account_cli.library.following import follow
from account_cli.library.places import Database
from account_cli.library.store import AsyncStore
from account_cli.reports.rows import AccountStatusRow, FillRow

T = TypeVar("T")
Callback = Callable[[T], Awaitable[None] | None]
_LOOK_S = 1.0


async def listen(
    database: Database,
    account: str,
    *,
    after: int = 0,
    at_least: Decimal = ZERO,
    on_balance: Callback[Move] | None = None,
    on_fill: Callback[FillRow] | None = None,
    on_position: Callback[PositionMove] | None = None,
    on_account: Callback[AccountStatusRow] | None = None,
    on_told: Callback[int] | None = None,
) -> None:
    """Call back for every change after journal line ``after`` until cancelled; arguments as of ``follow``.

    Callbacks are functions or coroutine functions, called one at a time in the journal's order: ``on_fill``,
    ``on_position`` for contracts, ``on_balance`` with its reason, then ``on_told`` with the line to go on after.
    ``on_account`` hears how the account is followed (live, degraded, stale, offline; its key; its last comparison),
    at the beginning and whenever that changes; it is a state and has no number. What a callback raises ends listening
    and is raised; raises what ``follow`` raises.
    """
    try:
        async with asyncio.TaskGroup() as group:
            if on_account is not None:
                group.create_task(_states(database, account, on_account))
            async with aclosing(follow(database, account, after=after, at_least=at_least)) as changes:
                async for change in changes:
                    await _hand_out(change, on_balance, on_fill, on_position)
                    await _call(on_told, change.n)
    except BaseExceptionGroup as group_of_one:
        raise group_of_one.exceptions[0] from None


async def _hand_out(
    change: AccountChange,
    on_balance: Callback[Move] | None,
    on_fill: Callback[FillRow] | None,
    on_position: Callback[PositionMove] | None,
) -> None:
    for fill in change.fills:
        await _call(on_fill, fill)
    for position in change.positions:
        await _call(on_position, position)
    for move in change.moves:
        await _call(on_balance, move)


async def _states(database: Database, account: str, callback: Callback[AccountStatusRow]) -> None:
    told: object = None
    async with AsyncStore(database) as store:
        while True:
            for row in await store.ask(lambda store: store.status().items):
                state = (row.liveness, row.strategy, row.key, row.reconciled, row.drifting, row.history_complete)
                if row.account == account and state != told:
                    told = state
                    await _call(callback, row)
            await asyncio.sleep(_LOOK_S)


async def _call(callback: Callback[T] | None, value: T) -> None:
    if callback is not None:
        answer = callback(value)
        if inspect.isawaitable(answer):
            await answer
