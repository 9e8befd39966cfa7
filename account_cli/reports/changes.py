"""What changed, one line each, for pipes: told once, and small steps add up until they are worth telling.

``acct watch --plain`` prints these. A balance is told when it is at least ``min_change`` away from the last value that
was *told*, so many small steps are not lost. Everything else is told when it differs. Texts are ASCII, free of control
characters, and begin with the time in RFC 3339.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from account_cli.domain.money import ZERO, plain
from account_cli.domain.observations import Order
from account_cli.domain.times import format_time
from account_cli.reports.accounts import POLL_INTERVAL_NS, health_of_view
from account_cli.reports.arithmetic import exactly
from account_cli.reports.fills import ToldFill, as_rows
from account_cli.reports.render import amount, clean_text
from account_cli.reports.rows import Change, FillRow
from account_cli.reports.view import AccountView

ChangeKind = Literal["balance", "position", "order", "fill", "status"]
KINDS: tuple[ChangeKind, ...] = ("balance", "position", "order", "fill", "status")

_CAUGHT_UP = "caught-up"
_GONE = "no longer listed"
_REMEMBERED = 10_000
"""So many fills are remembered as told; an older one cannot come again from a journal read forwards."""

_Key = tuple[str, str, str]
_Now = tuple[int, str | Decimal]


class ChangeTeller:
    """Remembers what it told last and tells what differs from that; one per pipe."""

    def __init__(
        self, kind: str | None = None, min_change: Decimal = ZERO, *, poll_interval_ns: int = POLL_INTERVAL_NS
    ) -> None:
        self.kind = kind
        self.min_change = min_change
        self.poll_interval_ns = poll_interval_ns
        self._told: dict[_Key, str | Decimal] = {}
        self._began = False
        self._fills: dict[int, None] = {}
        """Hashes of what names a fill: the names of ten thousand would be five megabytes."""

    @exactly
    def tell(self, views: Sequence[AccountView], *, now_ns: int, fills: Iterable[ToldFill] = ()) -> list[Change]:
        """Return the changes since the last call, by time.

        At the first call every state is new and is told, so that a pipe begins with what the changes start from; fills
        that are there already are history and only remembered. ``fills`` may repeat fills that were told already.
        """
        found: list[Change] = []
        for view in views:
            present = dict(self._present(view, now_ns))
            gone = {key for key in self._told if key[0] == view.account and key not in present}
            for key in sorted(gone):
                present[key] = (now_ns, ZERO if isinstance(self._told[key], Decimal) else _GONE)
            for key, (time_ns, value) in present.items():
                old = self._told.get(key)
                if self._is_worth_telling(key[1], old, value):
                    found.append(_change(key, time_ns, old, value))
                    self._told[key] = value
            for key in gone:
                if self._told[key] == _GONE or not self._told[key]:
                    del self._told[key]
        new_fills = list(self._new_fills(as_rows(fills)))
        found += new_fills if self._began else []
        self._began = True
        found.sort(key=lambda change: (change.time, change.account, change.kind, change.key))
        return found

    def _is_worth_telling(self, kind: str, old: str | Decimal | None, new: str | Decimal) -> bool:
        if kind == "balance" and isinstance(new, Decimal) and (old is None or isinstance(old, Decimal)):
            moved = abs(new - (old or ZERO))
            return bool(moved) and moved >= self.min_change
        return old != new

    def _wants(self, kind: ChangeKind) -> bool:
        return self.kind in {None, kind}

    def _present(self, view: AccountView, now_ns: int) -> Iterator[tuple[_Key, _Now]]:
        name = view.account
        if self._wants("balance"):
            for (wallet, asset), (time_ns, total) in _totals(view, now_ns).items():
                yield (name, "balance", asset if wallet == "spot" else f"{wallet}:{asset}"), (time_ns, total)
        if self._wants("position"):
            for position in view.state.positions():
                where = (name, "position", f"{position.symbol} {position.side}")
                yield where, (position.updated_ns or now_ns, position.quantity)
        if self._wants("order"):
            for order in view.orders:
                yield (name, "order", order.id), (order.updated_ns or order.created_ns or now_ns, _order_state(order))
        if self._wants("status"):
            health = health_of_view(view, now_ns=now_ns, poll_interval_ns=self.poll_interval_ns)
            yield (name, "status", "account"), (now_ns, health.liveness)
            for row in view.streams:
                if row.strategy != "off":
                    yield (name, "status", row.kind), (now_ns, row.status)
            caught_up = max(
                (one for one in view.notices if one.code == _CAUGHT_UP), key=lambda one: one.at_ns, default=None
            )
            if caught_up is not None:
                yield (name, "status", _CAUGHT_UP), (caught_up.at_ns, caught_up.text)

    def _new_fills(self, fills: Iterable[FillRow]) -> Iterator[Change]:
        if not self._wants("fill"):
            return
        for fill in fills:
            key = hash((fill.account, fill.wallet, fill.symbol, fill.id, fill.order_id, fill.side))
            if key not in self._fills:
                self._fills[key] = None
                if len(self._fills) > _REMEMBERED:
                    del self._fills[next(iter(self._fills))]
                yield _fill_change(fill)


def changes(
    old: Sequence[AccountView] | None,
    new: Sequence[AccountView],
    kind: str | None = None,
    min_change: Decimal = ZERO,
    *,
    now_ns: int | None = None,
    fills: Iterable[ToldFill] = (),
) -> list[Change]:
    """Return what differs between two looks at the same accounts; ``old`` None means that everything is new.

    ``fills`` are those that came in between; ``now_ns`` None is the newest time that ``new`` knows of. Whoever looks
    again and again keeps a ``ChangeTeller`` instead.
    """
    if now_ns is None:
        now_ns = max((row.beat_ns for view in new for row in view.streams), default=0)
    teller = ChangeTeller(kind, ZERO)
    teller.tell(old or (), now_ns=now_ns)
    teller.min_change = min_change
    return teller.tell(new, now_ns=now_ns, fills=fills)


def _totals(view: AccountView, now_ns: int) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Return what each wallet holds, as the balances report has it: observed, else by the ledger."""
    seen = view.balances
    totals: dict[tuple[str, str], tuple[int, Decimal]] = {}
    if seen is None or not seen.complete:
        totals = {key: (now_ns, total) for key, total in view.state.balances().items()}
    if seen is not None:
        totals.update({(row.wallet, row.asset): (seen.at_ns, row.total) for row in seen.rows})
    return totals


def _order_state(order: Order) -> str:
    words: list[str] = [order.status or "unknown"]
    if order.filled is not None:
        words.append(plain(order.filled) + ("" if order.quantity is None else f"/{plain(order.quantity)}"))
    return " ".join(words)


def _change(key: _Key, time_ns: int, old: str | Decimal | None, new: str | Decimal) -> Change:
    account, kind, name = key
    before = plain(old) if isinstance(old, Decimal) else old
    after = plain(new) if isinstance(new, Decimal) else new
    text = f"{account} {kind} {name} " + (after if before is None else f"{before} -> {after}")
    if isinstance(new, Decimal) and isinstance(old, Decimal):
        text += f" ({amount(new - old, signed=True, grouped=False, ascii_only=True)})"
    return _told(time_ns, account, kind, name, before, after, text)


def _fill_change(fill: FillRow) -> Change:
    size = fill.quantity if fill.quantity is not None else fill.contracts
    traded = f"{fill.side} {'?' if size is None else plain(size)} @ {plain(fill.price)}"
    text = f"{fill.account} fill {fill.symbol} {traded}"
    if fill.liquidity:
        text += f" {fill.liquidity}"
    if fill.realized_pnl is not None:
        text += f" realised {amount(fill.realized_pnl, signed=True, grouped=False, ascii_only=True)}"
    return _told(fill.time, fill.account, "fill", fill.id, None, traded, text)


def _told(time_ns: int, account: str, kind: str, key: str, old: str | None, new: str | None, text: str) -> Change:
    line = f"{format_time(time_ns)} {clean_text(text)}"
    return Change(time=time_ns, account=account, kind=kind, key=key, old=old, new=new, text=line)
