"""The present state of each account, as its reports say it, where others can read it without a database.

``balance:ACCOUNT:ASSET``, ``position:ACCOUNT:SYMBOL`` and ``pnl:ACCOUNT`` hold the JSON of docs/formats.md, section 2,
of that one asset, symbol or account. It follows from what is committed: whoever works it out anew comes to the same.
What did not change is not written; but for all of it now and then, and as soon as any of it is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.ports import Bus, Clock
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.balances import balances
from account_cli.reports.pnl import pnl
from account_cli.reports.positions import positions
from account_cli.reports.rows import BalanceRow, PositionRow, Report
from account_cli.reports.schema import envelope
from account_cli.reports.valuation import PEGGED
from account_cli.reports.view import AccountView

Row = TypeVar("Row", BalanceRow, PositionRow)
State = dict[str, dict[str, Any]]
"""What each key says, as JSON-ready data."""

HINTS, PNL = "trading.hints", "trading.pnl"
_EVERY_S = 1.0
_WHOLE_S = 30.0
_SHARE = 4
"""So many times as long as working it out took is waited before it is worked out again."""


def state_of(
    view: AccountView,
    *,
    now_ns: int,
    currency: str,
    pegged: Sequence[str] = PEGGED,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> State:
    """Return what every key of an account has to say."""
    account, views = view.account, [view]
    held = balances(views, now_ns=now_ns, currency=currency, pegged=pegged, poll_interval_ns=poll_interval_ns)
    stood = positions(views, now_ns=now_ns, pegged=pegged, poll_interval_ns=poll_interval_ns)
    made = pnl(views, now_ns=now_ns, pegged=pegged, poll_interval_ns=poll_interval_ns)
    state: State = {f"pnl:{account}": {"account": account, **envelope(made)}}
    for asset in {row.asset for row in held.items}:
        state[f"balance:{account}:{asset}"] = _part(held, [row for row in held.items if row.asset == asset])
    for symbol in {row.symbol for row in stood.items}:
        state[f"position:{account}:{symbol}"] = _part(stood, [row for row in stood.items if row.symbol == symbol])
    return state


def _part(report: Report[Row], rows: Sequence[Row]) -> dict[str, Any]:
    return envelope(msgspec.structs.replace(report, items=tuple(rows)))


def bodies(state: State) -> dict[str, bytes]:
    """Return the state as it is written."""
    return {key: msgspec.json.encode(said) for key, said in state.items()}


def timeless(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a key says, but for when that was."""
    return {name: value for name, value in said.items() if name != "as_of"}


class Publishing:
    """Keeps the state of the accounts that run at that moment on a bus."""

    def __init__(
        self,
        thread: ReadingThread,
        bus: Bus,
        accounts: Collection[str],
        clock: Clock,
        *,
        currency: str,
        pegged: Sequence[str] = PEGGED,
        poll_interval_ns: int = POLL_INTERVAL_NS,
    ) -> None:
        self._thread, self._bus, self._accounts, self._clock = thread, bus, accounts, clock
        self._currency, self._pegged, self._poll_interval_ns = currency, tuple(pegged), poll_interval_ns
        self._there: dict[str, State] = {}
        self._heads: dict[str, int] = {}
        self._changed = True
        self._not_before = self._whole_at = 0.0

    async def keep(self, *, changed: bool) -> None:
        """Bring the bus up to date, at most once a second; raises ``BusAway``, and then all is written anew."""
        self._changed |= changed
        now = self._clock.monotonic()
        if now < self._not_before:
            return
        try:
            for account in [name for name in self._there if name not in self._accounts]:
                del self._there[account]  # whoever collects it now keeps its state
            whole = now >= self._whole_at
            if whole:
                self._whole_at = now + _WHOLE_S
            for account, state in list(self._there.items()):
                if whole or not await self._bus.holds(account, state):
                    del self._there[account]
            if self._changed or set(self._accounts) - set(self._there):
                self._changed = False
                await self._look()
        except BaseException:
            self._there.clear()
            raise
        finally:
            took = self._clock.monotonic() - now
            self._not_before = now + max(_EVERY_S, took * (1 + _SHARE))

    async def _look(self) -> None:
        accounts, now_ns = tuple(self._accounts), self._clock.now_ns()
        for account, (n, state) in (await self._thread.do(lambda one: self._states(one, accounts, now_ns))).items():
            await self._show(account, n, state)

    def _states(self, follower: Follower, accounts: Sequence[str], now_ns: int) -> dict[str, tuple[int, State]]:
        return {
            view.account: (
                view.n,
                state_of(
                    view,
                    now_ns=now_ns,
                    currency=self._currency,
                    pegged=self._pegged,
                    poll_interval_ns=self._poll_interval_ns,
                ),
            )
            for view in follower.views(accounts)
        }

    async def _show(self, account: str, n: int, state: State) -> None:
        before = self._there.get(account)
        if before is None:
            changed = state
            await self._bus.replace(account, bodies(state))
        else:
            changed = {key: said for key, said in state.items() if timeless(said) != timeless(before.get(key, {}))}
            gone = set(before) - set(state)
            if changed or gone:
                await self._bus.update(account, bodies(changed), gone)
        self._there[account] = state
        made = changed.get(f"pnl:{account}")
        if made is not None:
            await self._bus.publish(PNL, msgspec.json.encode(made))
        if changed or self._heads.get(account) != n:
            self._heads[account] = n
            await self._bus.publish(HINTS, msgspec.json.encode({"account": account, "n": n}))
