"""Beside the collectors, what was just committed is held to the rules, and what that says is stored before it is told.

Theory. The rules look at what is committed, never at what passes by: a process that dies between the fact and the alert
finds the fact again when it is back. What lasts is looked at as it is; what happened (a liquidation, a large fill) is
found behind the journal line that the last look reached, which is stored with the alerts that it led to. The state of a
slot, the line of history and the tellings it leads to are one transaction.

An account is looked at when something was committed about it, and every few seconds because time itself says something.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from decimal import Decimal

import msgspec

from account_cli.alerts import (
    Episode,
    Judgement,
    Policy,
    Reading,
    Settings,
    Severity,
    Step,
    advance,
    drawdown_pct,
    happened,
    incomplete,
    judge,
    of_fact,
    readings,
)
from account_cli.alerts.readings import Past, down
from account_cli.alerts.rules import BY_NAME
from account_cli.alerts.settings import graver
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, FundingPaid
from account_cli.domain.health import Notice
from account_cli.domain.money import ZERO
from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.history import points
from account_cli.engine.looking import ReadingThread
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import AlertRow, Clock, JournalReader, JournalTx
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.arithmetic import exactly
from account_cli.reports.curve import today
from account_cli.reports.rows import EquityPointRow
from account_cli.reports.valuation import PEGGED, PriceGraph
from account_cli.reports.view import AccountView

EVERY_S = 2.0
"""How often time alone is reason enough to look."""
_PAUSE_S = 0.03
"""Between two looks: what is committed meanwhile is looked at together."""
_PAST_EVERY_NS = 30 * SECOND
_FACTS = 1000
_NOTICES = 30
_ACCOUNT = ""
_CODE = "alert"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What holds now: the settings, each channel with the least severity it is told, and how figures are valued."""

    settings: Settings = Settings()
    channels: Mapping[str, Severity] = {}
    currency: str = "USD"
    pegged: tuple[str, ...] = PEGGED
    poll_interval_ns: int = POLL_INTERVAL_NS


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one account: its readings, the new facts that a rule is about, and how far facts were looked at."""

    account: str
    at_ns: int
    readings: tuple[Reading, ...]
    events: tuple[Reading, ...] = ()
    reach: tuple[int, int] | None = None
    whole: bool = True
    """False when only whether anybody collects it was looked at."""


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
        self._untold: dict[str, int] = {}
        self._past: dict[str, tuple[int, Past]] = {}
        self._scanned: dict[str, tuple[int, int]] = {}
        self._noted: dict[str, int] = {}
        self.on_alerts: Callable[[], None] = lambda: None
        """Called when there is something to tell."""
        self.looked_ns = 0
        """When all accounts were last looked at."""

    def touch(self, accounts: Collection[str]) -> None:
        """Something was committed about these accounts."""
        self._touched.update(accounts)
        self._wake.set()

    async def run(self, writer: Writer) -> None:
        """Look until cancelled; a bug ends this with a critical notice, never with an exception."""
        writer.on_written = self.touch
        next_all = 0.0
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._wake.wait()
                self._wake.clear()
                everything = self._clock.monotonic() >= next_all
                touched, self._touched = self._touched, set()
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    await self.look(writer, None if everything else touched)
                if everything:
                    self.looked_ns = self._clock.now_ns()
                    next_all = self._clock.monotonic() + EVERY_S
                await self._clock.sleep(_PAUSE_S)
        except Exception as error:
            text = f"no alert is given any more, because of a bug ({type(error).__name__}); please report it"
            now = self._clock.now_ns()
            for account in sorted(self._running)[:1]:
                notice = Notice(account=account, at_ns=now, severity="critical", code="internal", text=text)
                with contextlib.suppress(AcctError):
                    await writer.write(Delivery(account=account, notices=(notice,)))

    async def look(self, writer: Writer, touched: Collection[str] | None = None) -> None:
        """Hold these accounts, all of them for None, to the rules, and store what that says."""
        here = [name for name in sorted(self._running) if touched is None or name in touched]
        others = [] if touched is not None else [name for name in self._wanted() if name not in self._running]
        if not here and not others:
            return
        decided, now = self._decided(), self._clock.now_ns()
        found = await self._thread.do(lambda follower: self.see(follower, here, others, decided, now))
        for seen in found:
            told = await writer.do(lambda tx, one=seen: store(tx, one, decided), (seen.account,) if seen.whole else ())  # type: ignore[misc]
            if seen.reach is not None:
                self._scanned[seen.account] = seen.reach
                self._noted[seen.account] = seen.reach[0]
            if told:
                self.on_alerts()

    def see(
        self, follower: Follower, here: Sequence[str], others: Sequence[str], decided: Decided, now_ns: int
    ) -> list[Seen]:
        """Return the looks that would change something."""
        found = []
        with follower.reader.snapshot_view():
            mutes = follower.reader.mutes()
            for view in follower.views(here, notices=_NOTICES):
                seen = self._see(follower, view, decided, now_ns)
                if seen.reach is not None or _steps(follower.reader, seen, decided, mutes):
                    found.append(seen)
            for view in follower.views(others) if others else ():
                silence = _silence(view, now_ns)
                if silence is not None:
                    seen = Seen(account=view.account, at_ns=now_ns, readings=(silence,), whole=False)
                    if _steps(follower.reader, seen, decided, mutes):
                        found.append(seen)
        return found

    def _see(self, follower: Follower, view: AccountView, decided: Decided, now_ns: int) -> Seen:
        account = view.account
        made = readings(
            view,
            decided.settings,
            now_ns=now_ns,
            currency=decided.currency,
            pegged=decided.pegged,
            past=self._past_of(follower.reader, view, decided, now_ns),
            poll_interval_ns=decided.poll_interval_ns,
        )
        untold = [one for one in made if _judged(one, decided.settings) == "unknown"]
        if untold:
            since = self._untold.setdefault(account, now_ns)
        else:
            self._untold.pop(account, None)
            since = now_ns
        made.append(incomplete(view, untold, max(now_ns - since, 0) // SECOND))
        made.append(down(account, 0))
        events, reach = self._new_facts(follower.reader, view, decided, now_ns)
        lasting = tuple(one for one in made if self._lasted(one, decided.settings, now_ns))
        return Seen(account=account, at_ns=now_ns, readings=lasting, events=tuple(events), reach=reach)

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
        before, noted = n, self._noted.setdefault(view.account, n)
        while n < view.n:
            entries = reader.entries_since(view.account, n, limit=_FACTS)
            if not entries:
                break
            n = entries[-1].n
            for entry in entries:
                if entry.revision == 0 and entry.event.time_ns >= since_ns:
                    found += of_fact(entry.event, decided.settings, graph, decided.currency)
        held = [one for one in found if _judged(one, decided.settings) == "breach"]
        self._scanned[view.account] = (before if held else n, since_ns)
        return held, (n, since_ns) if held or n - noted >= _FACTS else None

    def _past_of(self, reader: JournalReader, view: AccountView, decided: Decided, now_ns: int) -> Past:
        """Return what history says, read again every half a minute and only for rules that ask."""
        names = ("HIGH_DRAWDOWN", "PNL_ABOVE", "PNL_BELOW", "FUNDING_COST")
        watched = {name for name in names if decided.settings.watches(name, view.account)}
        at_ns, past = self._past.get(view.account, (0, Past()))
        if not watched or 0 <= now_ns - at_ns < _PAST_EVERY_NS:
            return past
        past = read_past(reader, view, decided, watched, now_ns)
        self._past[view.account] = (now_ns, past)
        return past


@exactly
def read_past(reader: JournalReader, view: AccountView, decided: Decided, watched: Set[str], now_ns: int) -> Past:
    """Return what the rules that are watched want to know of days gone by."""
    past = Past()
    if "HIGH_DRAWDOWN" in watched:
        begin, fine = now_ns - decided.settings.window_ns, (now_ns - HOUR) // (5 * MINUTE) * 5 * MINUTE
        coarse = points(reader, view.account, "5m", since_ns=begin, until_ns=fine, symbol=_ACCOUNT)
        newest = points(reader, view.account, "30s", since_ns=fine, symbol=_ACCOUNT)
        of_currency = [one for one in (*coarse, *newest) if one.currency == decided.currency]
        past = msgspec.structs.replace(past, drawdown_pct=drawdown_pct(of_currency))
    if watched & {"PNL_ABOVE", "PNL_BELOW"}:
        rows = points(reader, view.account, "1m", since_ns=now_ns // DAY * DAY - HOUR, symbol=_ACCOUNT)
        curve = [
            EquityPointRow(at=one.at_ns, span=MINUTE, equity=one.equity, net_pnl=one.net_pnl, flows=one.flows)
            for one in rows
            if one.currency == decided.currency
        ]
        past = msgspec.structs.replace(past, day=today(curve, now_ns=now_ns))
    if "FUNDING_COST" in watched:
        facts = reader.events(view.account, kinds=("funding",), since_ns=now_ns - DAY)
        past = msgspec.structs.replace(past, funding_paid=_funding(facts, view, decided, now_ns))
    return past


def _funding(facts: Iterable[Event], view: AccountView, decided: Decided, now_ns: int) -> Decimal | None:
    graph, total = PriceGraph(view.prices, now_ns=now_ns, pegged=decided.pegged), ZERO
    for fact in facts:
        if isinstance(fact, FundingPaid):
            rate = graph.rate(fact.asset, decided.currency)
            if rate is None:
                return None
            total -= rate.value(fact.amount)
    return total


def _silence(view: AccountView, now_ns: int) -> Reading | None:
    """Return for how long nobody has collected an account; None for one that never was."""
    beats = [row.beat_ns for row in view.streams]
    return down(view.account, max(now_ns - max(beats), 0)) if beats else None


def _judged(reading: Reading, settings: Settings) -> str | None:
    """Return what a reading comes to where nothing fires yet."""
    judged = judge(reading, settings.standard(BY_NAME[reading.rule], reading.account, reading.key), firing=False)
    return None if judged is None else judged.is_


Stepped = tuple[Episode, list[Step]]


def _steps(reader: JournalReader, seen: Seen, decided: Decided, mutes: Mapping[str, int]) -> list[Stepped]:
    """Return every slot that something happens to, with what happens; the same for the same state of the database."""
    episodes = {(one.rule, one.key): one for one in reader.episodes(seen.account)}
    settings, found = decided.settings, {}
    for reading in seen.readings:
        slot = (reading.rule, reading.key)
        before = episodes.get(slot) or Episode(rule=reading.rule, account=seen.account, key=reading.key)
        standard = settings.standard(BY_NAME[reading.rule], seen.account, reading.key)
        judged = judge(reading, standard, firing=before.is_on)
        found[slot] = _advanced(before, judged, settings, mutes, seen.at_ns)
    untold = {one.rule for one in seen.readings if one.value is None}
    for slot, before in episodes.items():
        if slot in found or (not seen.whole and before.rule != "COLLECTOR_DOWN"):
            continue
        gone = before.is_on and before.rule not in untold and before.rule != "COLLECTOR_DOWN"
        found[slot] = _advanced(before, _nothing(before) if gone else None, settings, mutes, seen.at_ns)
    for reading in seen.events:
        slot = (reading.rule, reading.key)
        before, steps = found.get(slot) or (
            episodes.get(slot) or Episode(rule=reading.rule, account=seen.account, key=reading.key),
            [],
        )
        standard = settings.standard(BY_NAME[reading.rule], seen.account, reading.key)
        judged = judge(reading, standard, firing=False)
        if judged is not None and judged.is_ == "breach":
            after, more = happened(before, judged, _policy(before, judged, settings, mutes, seen.at_ns), seen.at_ns)
            found[slot] = (after, [*steps, *more])
    return [one for one in found.values() if one[1]]


def _advanced(
    before: Episode, judged: Judgement | None, settings: Settings, mutes: Mapping[str, int], now_ns: int
) -> Stepped:
    return advance(before, judged, _policy(before, judged, settings, mutes, now_ns), now_ns)


def _nothing(before: Episode) -> Judgement:
    """Return the judgement of a slot that is not there any more: a position that was closed, a drift that is gone."""
    return Judgement(is_="clear", severity=before.severity, threshold=before.threshold or ZERO, value=None, text="")


def _policy(
    before: Episode, judged: Judgement | None, settings: Settings, mutes: Mapping[str, int], now_ns: int
) -> Policy:
    severity = before.severity
    if judged is not None and judged.is_ == "breach" and (not before.is_on or graver(judged.severity, severity)):
        severity = judged.severity
    muted = mutes.get(before.rule, 0) > now_ns
    return Policy(
        suppress_ns=settings.suppress_ns,
        repeat_ns=settings.repeat_ns,
        escalate_ns=settings.escalate_ns,
        may_tell=not muted and settings.may_tell(severity, now_ns),
    )


def store(tx: JournalTx, seen: Seen, decided: Decided) -> int:
    """Store what a look says, judged anew by what is stored now; return how much is to be told."""
    told = 0
    for episode, steps in _steps(tx, seen, decided, tx.mutes()):
        tx.put_episode(episode)
        for step in steps:
            told += put_step(tx, episode, step, seen.at_ns, decided.channels)
    if seen.reach is not None:
        tx.put_alert_reach(seen.account, *seen.reach)
    return told


def put_step(tx: JournalTx, episode: Episode, step: Step, at_ns: int, channels: Mapping[str, Severity]) -> int:
    """Add one line to the history, and a notice to the screen; return on how many channels it is to be told."""
    row = AlertRow(
        at_ns=at_ns,
        account=episode.account,
        rule=episode.rule,
        key=episode.key,
        episode=episode.number,
        what=step.what,
        severity=episode.severity,
        value=episode.value,
        threshold=episode.threshold,
        text=episode.text,
        count=step.count,
        notice=step.notice,
    )
    names = [name for name, least in channels.items() if not graver(least, row.severity)] if step.notice else []
    tx.put_alert(row, names)
    if step.notice:
        count = f" ({step.count} times)" if step.count > 1 else ""
        text = f"{episode.rule}: {episode.text}{count}"
        tx.put_notices([Notice(account=row.account, at_ns=at_ns, severity=row.severity, code=_CODE, text=text)])
    return len(names)
