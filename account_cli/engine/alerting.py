"""Beside the collectors, what was just committed is held to the rules, and what that says is stored before it is told.

Theory. The rules look at what is committed, never at what passes by: a process that dies between the fact and the alert
finds the fact again when it is back. What lasts is looked at as it is; what happened (a liquidation, a large fill) is
found behind the journal line that the last look reached, which is stored with the alerts that it led to.

What an exchange states touches the rules about balances, positions and prices, and facts those about facts: they are
looked at as soon as that is committed, of the account that it is about. Time touches the rest: every account is looked
at whole every two seconds, or where there are many as often as ``_A_SECOND`` looks allow.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from account_cli.alerts import Episode, Reading, Settings, incomplete, judge, of_fact, readings, unjudged
from account_cli.alerts.reading import Lack
from account_cli.alerts.readings import NO_PAST, OF_EQUITY, OF_STATED, Past, Valued, down, valued
from account_cli.alerts.rules import BY_NAME, RULES
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import TransferArrived
from account_cli.domain.health import Notice
from account_cli.domain.times import MINUTE, SECOND
from account_cli.engine.alert_past import RulesPast
from account_cli.engine.alert_storing import Decided, Seen, steps, store
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, LeaseLost
from account_cli.killing import fault
from account_cli.ports import Clock, Entry, JournalReader
from account_cli.reports.valuation import PriceGraph
from account_cli.reports.view import AccountView

EVERY_S = 2.0
"""How often time alone is reason enough to look."""
_A_SECOND = 25
"""Whole looks a second, at most."""
_AT_ONCE = 1
"""Whole looks at a time, so that what was touched does not wait for them."""
_PAUSE_S = 0.01
"""Between two looks: what is committed meanwhile is looked at together."""
_FACTS = 1000
_NOTICES = 30
_FOR_PRICE_NS = 30 * SECOND
"""So long a fact that nothing can value waits for a price, and those behind it: the first of an asset that was not held
before is on its way, and so are all of them after a start. What waited is not lost when the process dies."""
_UNVALUED_NS = 10 * MINUTE
"""So long it is said of one that still has no price that it cannot be judged."""
_EVENTS = frozenset(rule.name for rule in RULES if rule.event)
_WHOLE, _STATED, _DOWN = frozenset(BY_NAME), frozenset(OF_STATED) | _EVENTS, frozenset({"COLLECTOR_DOWN"})
_VALUED = _STATED | frozenset(OF_EQUITY)
"""The rules that a whole look is at, one at what was touched (with what equity came to), and one at an account that is
not collected here."""


class Alerting:
    """Holds accounts to the rules. ``running`` are collected here, ``wanted`` all that are configured."""

    def __init__(
        self,
        thread: ReadingThread,
        running: Collection[str],
        wanted: Callable[[], Iterable[str]],
        decided: Callable[[], Decided],
        clock: Clock,
    ) -> None:
        self._thread, self._running, self._wanted = thread, running, wanted
        self._decided, self._clock = decided, clock
        self._touched: set[str] = set()
        self._wake = asyncio.Event()
        self._since: dict[tuple[str, str, str], int] = {}
        self._untold: dict[str, dict[Lack, int]] = {}
        self._past = RulesPast()
        self._looked: dict[str, float] = {}
        self._episodes: dict[str, list[Episode]] = {}
        """As each whole look found them: what is worth a transaction is judged by them, and anew in it."""
        self._scanned: dict[str, tuple[int, int]] = {}
        self._noted: dict[str, int] = {}
        self._unvalued: dict[str, dict[Reading, int]] = {}
        """What happened that no price was found for, and when that was given up."""
        self._moved: dict[str, int] = {}
        """The journal line of each account's last deposit or withdrawal, as far as there was one since the start."""
        self.on_alerts: Callable[[], None] = lambda: None
        """Called when there is something to tell."""
        self.looked_ns = 0
        """When the rules were last looked at."""

    def touch(self, accounts: Collection[str]) -> None:
        """Something was committed about these accounts."""
        self._touched.update(accounts)
        self._wake.set()

    async def run(self, writer: Writer) -> None:
        """Look until cancelled; a bug ends this with a critical notice, never with an exception."""
        writer.on_written = self.touch
        try:
            while True:
                due = self._due()
                if not due:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(EVERY_S / 2):
                            await self._wake.wait()
                self._wake.clear()
                touched, self._touched = self._touched, set()
                for whole, brief in (((), touched), (due, ())):  # what was touched does not wait for the others
                    with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                        await self.look(writer, whole=whole, touched=brief)
                await self._clock.sleep(_PAUSE_S)
        except Exception as error:
            text = f"no alert is given any more, because of a bug ({type(error).__name__}); please report it"
            now = self._clock.now_ns()
            for account in sorted(self._running)[:1]:
                notice = Notice(account=account, at_ns=now, severity="critical", code="internal", text=text)
                with contextlib.suppress(AcctError):
                    await writer.write(Delivery(account=account, notices=(notice,)))

    def _due(self) -> list[str]:
        """Return a few of the accounts that are to be looked at whole now, first those that have waited longest."""
        now, names = self._clock.monotonic(), [*self._running, *self._others()]
        every = max(EVERY_S, len(names) / _A_SECOND)
        waited = {name: now - self._looked.get(name, float("-inf")) for name in names}
        due = sorted((name for name in names if waited[name] >= every), key=lambda name: -waited[name])[:_AT_ONCE]
        self._looked.update(dict.fromkeys(due, now))
        return due

    def _others(self) -> list[str]:
        return [name for name in self._wanted() if name not in self._running]

    async def look(
        self, writer: Writer, *, whole: Collection[str] | None = None, touched: Collection[str] = ()
    ) -> None:
        """Hold accounts to the rules, and store what that says: these whole (None: all), those as they were touched."""
        names = [*sorted(self._running), *self._others()] if whole is None else whole
        here = [name for name in names if name in self._running]
        others = [name for name in names if name not in self._running]
        brief = [name for name in touched if name in self._running and name not in here]
        if not (here or others or brief):
            return
        decided, now = self._decided(), self._clock.now_ns()
        found = await self._thread.do(lambda follower: self.see(follower, here, others, brief, decided, now))
        await self._store(writer, [seen for seen in found if seen.rules != _DOWN], decided)
        await self._store(writer, [seen for seen in found if seen.rules == _DOWN], decided, held=False)
        self.looked_ns = now

    async def _store(self, writer: Writer, found: Sequence[Seen], decided: Decided, *, held: bool = True) -> None:
        """Store what looks say in one transaction; where an account was taken over by then, each by itself."""
        if not found:
            return
        leases = [seen.account for seen in found] if held else ()
        try:
            told = await writer.do(lambda tx: sum(store(tx, one, decided) for one in found), leases)
        except LeaseLost:
            for seen in found if len(found) > 1 else ():
                await self._store(writer, [seen], decided)
            return
        for seen in found:
            self._episodes.pop(seen.account, None)
            if seen.reach is not None:
                self._scanned[seen.account] = seen.reach
                self._noted[seen.account] = seen.reach[0]
        if told:
            fault("after_alert_commit")
            self.on_alerts()

    def see(
        self,
        follower: Follower,
        here: Sequence[str],
        others: Sequence[str],
        brief: Sequence[str],
        decided: Decided,
        now_ns: int,
    ) -> list[Seen]:
        """Return the looks that would change something: whole, at what others collect, and at what was touched."""
        found: list[Seen] = []
        with follower.reader.snapshot_view():
            wholes = follower.views(here, notices=_NOTICES) if here else []
            found += [self._whole(follower, view, decided, now_ns) for view in wholes]
            stated = follower.stated(brief) if brief else []
            found += [self._stated(follower, view, decided, now_ns) for view in stated]
            for account in others:
                silent_ns = _silence(follower.reader, account, now_ns)
                if silent_ns is not None:
                    silence = (down(account, silent_ns),)
                    found.append(Seen(account=account, at_ns=now_ns, readings=silence, rules=_DOWN))
            for account in {*here, *others, *brief} - set(self._episodes) | {*here, *others}:
                self._episodes[account] = follower.reader.episodes(account)
            mutes = follower.reader.mutes()
        return [one for one in found if one.reach or steps(one, self._episodes[one.account], decided, mutes)]

    def _whole(self, follower: Follower, view: AccountView, decided: Decided, now_ns: int) -> Seen:
        events = self._new_facts(follower.reader, view, decided, now_ns)
        past = self._past.of(follower.reader, view, decided, now_ns)
        worth, now = self._worth(view, decided, now_ns)
        made = _readings(view, decided, now_ns, past=now or past, worth=worth)
        unvalued = self._without_price(view.account, now_ns)
        made += self._lacking(view.account, [*made, *unvalued], decided.settings, now_ns)
        made.append(down(view.account, 0))
        return self._seen(view, decided, made, events, _WHOLE, now_ns)

    def _stated(self, follower: Follower, view: AccountView, decided: Decided, now_ns: int) -> Seen:
        events = self._new_facts(follower.reader, view, decided, now_ns)
        worth, now = self._worth(view, decided, now_ns)
        only = OF_STATED if now is None else (*OF_STATED, *OF_EQUITY)
        made = _readings(view, decided, now_ns, past=now or NO_PAST, worth=worth, only=only)
        return self._seen(view, decided, made, events, _STATED if now is None else _VALUED, now_ns)

    def _worth(self, view: AccountView, decided: Decided, now_ns: int) -> tuple[Valued | None, Past | None]:
        """Return what an account is worth, and its past with that in it; None where one cannot be said."""
        worth = valued(
            view,
            now_ns=now_ns,
            currency=decided.currency,
            pegged=decided.pegged,
            poll_interval_ns=decided.poll_interval_ns,
        )
        moved = self._moved.get(view.account, 0)
        return worth, self._past.going_on(view, worth, moved, decided.currency, now_ns)

    def _seen(
        self,
        view: AccountView,
        decided: Decided,
        made: Sequence[Reading],
        found: tuple[list[Reading], tuple[int, int] | None],
        rules: frozenset[str],
        now_ns: int,
    ) -> Seen:
        events, reach = found
        lasting = tuple(one for one in made if self._lasted(one, decided.settings, now_ns))
        return Seen(
            account=view.account, at_ns=now_ns, readings=lasting, events=tuple(events), reach=reach, rules=rules
        )

    def _lacking(self, account: str, made: Sequence[Reading], settings: Settings, now_ns: int) -> list[Reading]:
        """Return for how long what has been lacking, so that rules cannot be judged."""
        said = unjudged([one for one in made if _judged(one, settings) == "unknown"], made)
        before = self._untold.get(account, {})
        since = self._untold[account] = {lack: before.get(lack, now_ns) for lack in said}
        return [incomplete(account, lack, max(now_ns - at, 0) // SECOND, said[lack]) for lack, at in since.items()]

    def _lasted(self, reading: Reading, settings: Settings, now_ns: int) -> bool:
        """False for a breach that has not lasted as long as its rule wants."""
        standard = settings.standard(BY_NAME[reading.rule], reading.account, reading.key)
        if not standard.for_ns:
            return True
        slot = (reading.account, reading.rule, reading.key)
        judged = judge(reading, standard, firing=False)
        if judged is None or judged.is_ != "breach":
            self._since.pop(slot, None)
            return True
        return now_ns - self._since.setdefault(slot, now_ns) >= standard.for_ns

    def _new_facts(
        self, reader: JournalReader, view: AccountView, decided: Decided, now_ns: int
    ) -> tuple[list[Reading], tuple[int, int] | None]:
        """Return what new facts say, and how far to note that they were looked at; None for no need to note it."""
        reach = self._scanned.get(view.account) or reader.alert_reach(view.account)
        if reach is None:
            return [], (view.n, now_ns)
        n, since_ns = reach
        if n >= view.n:
            return [], None
        graph = PriceGraph(view.prices, now_ns=now_ns, pegged=decided.pegged)
        found: list[Reading] = []
        before, noted, waits = n, self._noted.setdefault(view.account, n), False
        for entry in _behind(reader, view.account, n, view.n):
            if isinstance(entry.event, TransferArrived):
                self._moved[view.account] = entry.n
            is_new = not waits and entry.revision == 0 and entry.event.time_ns >= since_ns
            said = of_fact(entry.event, decided.settings, graph, decided.currency) if is_new else []
            judged = {reading: _judged(reading, decided.settings) for reading in said}
            unknown = [reading for reading, is_ in judged.items() if is_ == "unknown"]
            waits = waits or (bool(unknown) and 0 <= now_ns - entry.heard_ns < _FOR_PRICE_NS)
            if not waits:
                n = entry.n
                found += [reading for reading, is_ in judged.items() if is_ == "breach"]
                self._unvalued.setdefault(view.account, {}).update(dict.fromkeys(unknown, now_ns))
        self._scanned[view.account] = (before if found else n, since_ns)
        return found, (n, since_ns) if found or n - noted >= _FACTS else None

    def _without_price(self, account: str, now_ns: int) -> list[Reading]:
        """Return what lately happened that no rule could judge, because no price was found for it."""
        kept = {one: at for one, at in self._unvalued.get(account, {}).items() if now_ns - at < _UNVALUED_NS}
        self._unvalued[account] = kept
        return list(kept)


def _behind(reader: JournalReader, account: str, n: int, head: int) -> Iterator[Entry]:
    """Yield the lines of a journal behind the ``n``-th, the last of which is ``head``, a thousand at a time."""
    while n < head and (entries := reader.entries_since(account, n, limit=_FACTS)):
        yield from entries
        n = entries[-1].n


def _readings(
    view: AccountView,
    decided: Decided,
    now_ns: int,
    *,
    past: Past,
    worth: Valued | None,
    only: Collection[str] | None = None,
) -> list[Reading]:
    """Return what the rules see, valued as was decided; with ``only`` these rules."""
    return readings(
        view,
        decided.settings,
        now_ns=now_ns,
        currency=decided.currency,
        pegged=decided.pegged,
        past=past,
        poll_interval_ns=decided.poll_interval_ns,
        only=only,
        worth=worth,
    )


def _silence(reader: JournalReader, account: str, now_ns: int) -> int | None:
    """Return for how long nobody has collected an account; None for one that never was."""
    beats = [row.beat_ns for row in reader.streams(account)]
    return max(now_ns - max(beats), 0) if beats else None


def _judged(reading: Reading, settings: Settings) -> str | None:
    """Return what a reading comes to where nothing fires yet."""
    judged = judge(reading, settings.standard(BY_NAME[reading.rule], reading.account, reading.key), firing=False)
    return None if judged is None else judged.is_
