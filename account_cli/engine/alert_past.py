"""What the rules want to know of days gone by: read every half a minute, just after history has been recorded."""

from __future__ import annotations

from collections.abc import Iterable, Set
from decimal import Decimal

import msgspec

from account_cli.alerts.drawdown import Peak
from account_cli.alerts.readings import Past, Valued
from account_cli.domain.events import Event, FundingPaid
from account_cli.domain.money import ZERO
from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND
from account_cli.engine.alert_storing import Decided
from account_cli.engine.history import points
from account_cli.ports import JournalReader
from account_cli.reports.arithmetic import exactly
from account_cli.reports.balances import difference_reasons
from account_cli.reports.curve import today
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import EquityPointRow
from account_cli.reports.valuation import STALE_AFTER_NS, PriceGraph
from account_cli.reports.view import AccountView

_EVERY_NS = 30 * SECOND
_RECORDED_NS = SECOND
"""So long after each boundary history has been recorded."""
_TOLD_LATE_NS = 10 * MINUTE
"""How late a deposit or withdrawal may be told."""
_ACCOUNT = ""
NAMES = ("HIGH_DRAWDOWN", "PNL_ABOVE", "PNL_BELOW", "FUNDING_COST")


class RulesPast:
    """Reads the past of accounts, each at most once between two recordings, and what is long ago once an hour."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Past]] = {}
        self._reached: dict[str, int] = {}
        """The journal line up to which deposits and withdrawals are in what is known."""
        self._peaks: dict[str, tuple[tuple[int, int, str], Peak]] = {}

    def of(self, reader: JournalReader, view: AccountView, decided: Decided, now_ns: int) -> Past:
        """Return what the rules that are watched want to know."""
        watched = {name for name in NAMES if decided.settings.watches(name, view.account)}
        turn = (now_ns - _RECORDED_NS) // _EVERY_NS
        known = self._known.get(view.account)
        if not watched or (known is not None and known[0] == turn):
            return Past() if known is None else known[1]
        past = self.read(reader, view, decided, watched, now_ns)
        self._known[view.account], self._reached[view.account] = (turn, past), view.n
        return past

    def going_on(
        self, view: AccountView, worth: Valued | None, moved_n: int, currency: str, now_ns: int
    ) -> Past | None:
        """Return the past with what the account is worth now, which holds until it is read again; None for not known.

        A deposit is in the balance before its fact is told, and in what history recorded only after it: equity alone is
        no gain or loss unless ledger and exchange agree and nothing came or went (up to line ``moved_n``) since.
        """
        turn, past = self._known.get(view.account, (0, None))
        if past is None or worth is None or worth.row.equity is None or worth.row.partial:
            return None
        at = worth.row.price_at
        if (at is not None and now_ns - at > STALE_AFTER_NS) or moved_n > self._reached[view.account]:
            return None
        if (past.peak is None and past.base is None) or difference_reasons(view):
            return None
        past = past.going_on(view.account, worth.row.equity, currency, now_ns)
        self._known[view.account] = (turn, past)
        return past

    @exactly
    def read(self, reader: JournalReader, view: AccountView, decided: Decided, watched: Set[str], now_ns: int) -> Past:
        """Return what these rules want to know, read now."""
        past = Past()
        if "HIGH_DRAWDOWN" in watched:
            peak = self._peak(reader, view.account, decided, now_ns)
            past = msgspec.structs.replace(past, drawdown_pct=peak.drawdown_pct, begun=peak.steps > 0, peak=peak)
        if watched & {"PNL_ABOVE", "PNL_BELOW"}:
            rows = points(reader, view.account, "1m", since_ns=now_ns // DAY * DAY - HOUR, symbol=_ACCOUNT)
            curve = [
                EquityPointRow(at=one.at_ns, span=MINUTE, equity=one.equity, net_pnl=one.net_pnl, flows=one.flows)
                for one in rows
                if one.currency == decided.currency
            ]
            day = today(curve, now_ns=now_ns)
            last = next(
                (one.equity for one in reversed(curve) if one.equity is not None and one.flows is not None), None
            )
            base = None if day is None or last is None else last - day.gain
            past = msgspec.structs.replace(past, day=day, base=base, begun=past.begun or bool(curve))
        if "FUNDING_COST" in watched:
            facts = reader.events(view.account, kinds=("funding",), since_ns=now_ns - DAY)
            past = msgspec.structs.replace(past, funding_paid=_funding(facts, view, decided, now_ns))
        if self._lately_moved(reader, view.account, now_ns):
            past = msgspec.structs.replace(past, peak=None, base=None)
        return past

    def _lately_moved(self, reader: JournalReader, account: str, now_ns: int) -> bool:
        """True when something came or went that the last recorded point may not have in it."""
        return any(True for _ in reader.events(account, kinds=("transfer",), since_ns=now_ns - _TOLD_LATE_NS, limit=1))

    def _peak(self, reader: JournalReader, account: str, decided: Decided, now_ns: int) -> Peak:
        """Return the index as of now: by five minutes until an hour ago or two, and by half minutes since."""
        begin, fine = now_ns - decided.settings.window_ns, (now_ns // HOUR - 1) * HOUR

        def mine(found: Iterable[HistoryPoint]) -> list[HistoryPoint]:
            return [one for one in found if one.currency == decided.currency]

        asked = (fine, decided.settings.window_ns, decided.currency)
        known = self._peaks.get(account)
        if known is None or known[0] != asked:
            old = points(reader, account, "5m", since_ns=begin, until_ns=fine, symbol=_ACCOUNT)
            known = self._peaks[account] = (asked, Peak().after(mine(old)))
        return known[1].after(mine(points(reader, account, "30s", since_ns=fine, symbol=_ACCOUNT)))


def _funding(facts: Iterable[Event], view: AccountView, decided: Decided, now_ns: int) -> Decimal | None:
    graph, total = PriceGraph(view.prices, now_ns=now_ns, pegged=decided.pegged), ZERO
    for fact in facts:
        if isinstance(fact, FundingPaid):
            rate = graph.rate(fact.asset, decided.currency)
            if rate is None:
                return None
            total -= rate.value(fact.amount)
    return total
