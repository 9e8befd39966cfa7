"""Wrong and called live: every second what acct shows is held beside what is true, and what acct says of it (I16).

A figure may be a second behind the exchange. Longer than that it may be wrong only where acct says so (the kind is not
live, or stale, or nobody collects), but for the time that it takes to find out: a peer that is dead says nothing of it.
``PATIENCE`` are those times; the fault catalogue and the deadlines of the collector are where they come from. They hold
for each fill, each asset and each order by itself: of many faults in a row each is found out in its own time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from account_cli.ports import JournalReader
from account_cli.reports.accounts import health_of
from account_cli.simulator.lab.catalogue import number_of
from account_cli.simulator.lab.schedule import Planned
from account_cli.simulator.world.facts import Happening
from tests.model.exchange import ModelExchange
from tests.model.truth import balances, told
from tests.model.virtual import SECOND, VirtualClock
from tests.model.watcher import ACCOUNT, Watcher, kept

AT_ONCE_S = 2.0
"""A second, and one more because it is looked once a second."""
DEAD_PEER_S, ZOMBIE_S, BEAT_S = 17.0, 70.0, 17.0
"""What nothing but the sweep of each minute can find takes that minute, and the time of its requests: Kraken lets one
ask every three seconds."""
PATIENCE: Mapping[str, float] = {
    **dict.fromkeys(("F04", "M5"), DEAD_PEER_S),
    **dict.fromkeys(("L1", "L1b", "L2", "L7", "L10", "M9", "M10", "M10b"), BEAT_S),
    **dict.fromkeys(("F03", "F07", "F08", "F12", "F13", "F15", "F16", "F18", "F19", "M1", "M3", "M4"), ZOMBIE_S),
    **dict.fromkeys(("F24", "F25", "F28", "F45"), ZOMBIE_S),
    "F28c": 2 * ZOMBIE_S,
    "M7": 6.0,
}
"""For how long a fault may keep acct in good faith, in seconds.

A stream that loses frames, or never began, and says nothing of it, is found out by asking REST; and where REST itself
tells the past, or half a page, only by asking again.
"""
BELIEVED = frozenset({"F24b", "F50"})
"""For as long as they last: REST tells a past so far back that nothing contradicts it, or says that there is no such
market, and nothing can be asked of it.
"""
WALKED: Mapping[str, float] = {"kraken": 190.0}
"""How long what only a sweep can find may wait while a burst is read back (F02), at the pace that the venue allows: two
hundred fills a minute on Kraken. A kind that was not asked for in three intervals is no longer called live.
"""


READ_BACK_S = 10.0
"""How long a sweep that finds a burst takes to read it back, where the venue tells a thousand fills a page."""


def patience(schedule: Iterable[Planned], venue: str) -> float:
    """Return for how long a run with these faults may be wrong in good faith."""

    def of(one: Planned) -> float:
        usual = PATIENCE.get(one.name, PATIENCE.get(number_of(one.name), AT_ONCE_S))
        if one.name in {"F02", "F27"}:
            return max(usual, WALKED.get(venue, usual))
        return max(usual, ZOMBIE_S) + one.for_s if one.name in BELIEVED else usual

    bursts = any(one.name in {"F02", "F27"} for one in schedule)
    return max([AT_ONCE_S, *map(of, schedule)]) + (READ_BACK_S if bursts and venue not in WALKED else 0)


@dataclass(slots=True)
class Honesty:
    """Looks once a second; ``lines`` are the violations, ``worst`` the longest good faith by what was wrong.

    ``looks`` counts the seconds in which what is shown was held beside the truth, ``wrong`` those of them in which
    something was wrong, called live, and should have been found out by then.
    """

    exchange: ModelExchange
    watcher: Watcher
    clock: VirtualClock
    patience_s: float
    lines: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    looks: int = 0
    wrong: int = 0
    _untold: dict[str, int] = field(default_factory=dict)
    _held: deque[tuple[int, dict[str, Decimal], frozenset[str]]] = field(default_factory=deque)
    _since: dict[tuple[str, str], int] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Listen to the exchange from now on."""
        self._happened(None)
        self.exchange.world.book.listeners.append(self._happened)

    def _happened(self, happening: Happening | None) -> None:
        book, now = self.exchange.world.book, self.clock.true_ns()
        held = told(book.held(), self.exchange.venue)
        if self._held and self._held[-1][0] == now:
            self._held.pop()
        self._held.append((now, held, frozenset(book.open)))
        if happening is not None and happening.fill is not None:
            fill = happening.fill
            name = f"{book.setting.wallet}|fill|{fill.id}|{fill.symbol}|{fill.order_id}|{fill.side}"
            self._untold[name] = now

    async def look(self) -> None:
        """Look once a second, until cancelled."""
        with kept(self.watcher.database) as reader:
            while True:
                await asyncio.sleep(1)
                self._look(reader, self.clock.true_ns())

    def _look(self, reader: JournalReader, now: int) -> None:
        before = now - SECOND
        while len(self._held) > 1 and self._held[1][0] <= before:
            self._held.popleft()
        if len(self._held) == 1 and not self._untold and not self._since and now // SECOND % 10:
            return
        late = [name for name, at in self._untold.items() if at <= before]
        for name in reader.find(ACCOUNT, late) if late else ():
            del self._untold[name]
        shown = balances(reader)
        listed = frozenset(order.id for order in reader.orders(ACCOUNT))
        wrong: dict[str, set[str]] = {
            "fills": {name for name, at in self._untold.items() if at <= before},
            "balances": set(),
            "orders": set(),
        }
        if shown not in [held for _, held, _ in self._held]:
            known = {asset for _, held, _ in self._held for asset in held} | set(shown)
            wrong["balances"] = {a for a in known if all(shown.get(a) != held.get(a) for _, held, _ in self._held)}
        if listed not in [orders for _, _, orders in self._held]:
            known = {name for _, _, orders in self._held for name in orders} | listed
            wrong["orders"] = {o for o in known if all((o in listed) != (o in orders) for _, _, orders in self._held)}
        self._judge(reader, now, wrong)

    def _judge(self, reader: JournalReader, now: int, wrong: Mapping[str, set[str]]) -> None:
        rows = reader.streams()
        self.looks += 1
        late = False
        for kind, items in wrong.items():
            health = health_of(rows, now_ns=self.clock.now_ns(), kinds={kind})
            live = items if health.liveness == "LIVE" else set()
            for item in [item for its, item in self._since if its == kind and item not in live]:
                del self._since[kind, item]
            if not live:
                self._told.discard(kind)
                continue
            began = min(self._since.setdefault((kind, item), now) for item in live)
            lasted = (now - began) / SECOND + 1
            self.worst[kind] = max(self.worst.get(kind, 0.0), lasted)
            late = late or lasted > self.patience_s
            if lasted > self.patience_s and kind not in self._told:
                self._told.add(kind)
                at = (now - self.clock.start_ns) / SECOND
                self.lines.append(f"{kind} wrong and called live for more than {self.patience_s:g} s at {at:.0f} s")
        self.wrong += late
