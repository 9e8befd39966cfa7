"""What a stream owes: REST told it first, and a stream that is alive tells it too, soon.

Fills are owed by their identity. A balance is owed when REST states one that the stream never told, asked for a while
after the stream last told anything of that asset; one that it told earlier is REST lagging behind, and no debt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal

from account_cli.domain.observations import Balance
from account_cli.domain.times import SECOND

_REMEMBERED_FILLS = 20_000
"""More than one sweep ever finds."""
_REMEMBERED_BALANCES = 200
_QUIET_NS = SECOND

_Key = tuple[str, str]


class Owing:
    """The debts of one connection; ``monotonic`` is in seconds."""

    def __init__(self, monotonic: Callable[[], float], within_s: float) -> None:
        self._monotonic, self._within_s = monotonic, within_s
        self._told: dict[int, None] = {}
        """Hashes of identities: of twenty thousand the names would be four megabytes."""
        self._balances: dict[_Key, deque[Decimal]] = {}
        self._balance_told_ns: dict[_Key, int] = {}
        self._fills_owed: dict[str, float] = {}
        self._balances_owed: dict[_Key, float] = {}

    def told_fill(self, name: str) -> None:
        """The stream told a fill (by its identity)."""
        self._fills_owed.pop(name, None)
        self._told[hash(name)] = None
        if len(self._told) > _REMEMBERED_FILLS:
            del self._told[next(iter(self._told))]

    def told_balances(self, rows: Iterable[Balance], at_ns: int) -> None:
        """The stream told balances; so, before it was live, did REST."""
        for row in rows:
            key = row.wallet, row.asset
            self._balances_owed.pop(key, None)
            self._balances.setdefault(key, deque(maxlen=_REMEMBERED_BALANCES)).append(row.total)
            self._balance_told_ns[key] = max(at_ns, self._balance_told_ns.get(key, 0))

    def fills(self, names: Iterable[str]) -> None:
        """REST told these fills, which nobody had told before."""
        until = self._monotonic() + self._within_s
        for name in names:
            if hash(name) not in self._told:
                self._fills_owed.setdefault(name, until)

    def balances(self, rows: Iterable[Balance], asked_ns: int) -> None:
        """REST stated these balances, asked for at this time."""
        until = self._monotonic() + self._within_s
        for row in rows:
            key = row.wallet, row.asset
            told = self._balances.get(key)
            if told is None:
                if row.total:
                    self._balances_owed.setdefault(key, until)
            elif row.total in told:
                self._balances_owed.pop(key, None)
            elif asked_ns > self._balance_told_ns.get(key, 0) + _QUIET_NS:
                self._balances_owed.setdefault(key, until)

    def due(self) -> float | None:
        """Return when the oldest debt is overdue, on the monotonic clock; None when nothing is owed."""
        return min([*self._fills_owed.values(), *self._balances_owed.values()], default=None)

    def overdue(self) -> str | None:
        """Return what should have been told by now, in words; None when nothing is overdue."""
        if not self._fills_owed and not self._balances_owed:
            return None
        due = self.due()
        if due is None or self._monotonic() <= due:
            return None
        fills, balances = len(self._fills_owed), len(self._balances_owed)
        words = [f"{fills} fill{'s' * (fills != 1)}"] if fills else []
        words += [f"{balances} balance{'s' * (balances != 1)}"] if balances else []
        return " and ".join(words)
