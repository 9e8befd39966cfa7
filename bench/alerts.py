"""What the rules cost, and how soon a breach is stored and told: 200 rules over 200 accounts, 200 changes a second.

Each change is a balance of one account, written as a collector writes it; every account has a rule of its own besides
the defaults. Now and then a change is a breach: it is timed from the commit of the balance to the commit of the alert
and to its arrival at a real webhook on this machine. ``evaluating`` is what the rules themselves take of a core (their
figures made and judged), ``with reading`` what it takes to read from the database what they look at, too.

    python -m bench.alerts [--seconds 30] [--databases sqlite postgres]         Exit status 3 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from statistics import quantiles

from account_cli.alerts import RuleSetting, Settings
from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.domain.health import DATA_KINDS, StreamRow
from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen, PriceSeen
from account_cli.engine.alert_storing import Decided
from account_cli.engine.alerting import Alerting
from account_cli.engine.delivering import Delivering
from account_cli.engine.looking import ReadingThread
from account_cli.engine.writing import Writer
from account_cli.notify import open_channel
from account_cli.ports import AccountRow, Clock, Journal, Location
from account_cli.storage import open_journal
from tests.services import DATABASES
from tests.unit.notify.servers import Server, serving

MOST_SHARE, MOST_STORED_MS, MOST_TOLD_MS = 0.05, 100.0, 1000.0
_PERP = "BTC/USDT:USDT"
_EVERY = 50
"""One change in so many is a breach."""


class Noting(Writer):
    """A writer that notes when something was stored about an account beside its facts."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        super().__init__(journal, clock)
        self.stored: dict[str, list[float]] = {}

    async def do(self, work, accounts=()):  # type: ignore[no-untyped-def]
        done = await super().do(work, accounts)
        for account in accounts:
            self.stored.setdefault(account, []).append(time.time())
        return done


class Timed(Alerting):
    """Alerting that counts the processor time of its looks, and notes when something was committed."""

    def __init__(self, *asked) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*asked)
        self.commits: dict[str, list[float]] = {}

    looking_s = evaluating_s = 0.0

    def touch(self, accounts: Collection[str]) -> None:
        for account in accounts:
            self.commits.setdefault(account, []).append(time.time())
        super().touch(accounts)

    def _stated(self, *asked):  # type: ignore[no-untyped-def]
        began = time.thread_time()
        try:
            return super()._stated(*asked)
        finally:
            self.evaluating_s += time.thread_time() - began

    def _whole(self, *asked):  # type: ignore[no-untyped-def]
        began = time.thread_time()
        try:
            return super()._whole(*asked)
        finally:
            self.evaluating_s += time.thread_time() - began

    def see(self, *asked):  # type: ignore[no-untyped-def]
        began = time.thread_time()
        try:
            return super().see(*asked)
        finally:
            self.looking_s += time.thread_time() - began


def state(account: str, usd: int, now_ns: int, *, whole: bool) -> Delivery:
    held = (("USD", Decimal(usd)), ("USDT", Decimal(5000)), ("BTC", Decimal("0.5")), ("ETH", Decimal(3)))
    rows = tuple(Balance(asset=asset, total=total) for asset, total in (held if whole else held[:1]))
    seen = BalancesSeen(account=account, at_ns=now_ns, complete=whole, rows=rows)
    if not whole:
        return Delivery(account=account, origin="stream", observations=(seen,), streams=streams(account, now_ns))
    stated = Position(
        symbol=_PERP,
        quantity=Decimal("0.1"),
        entry_price=Decimal(60000),
        mark_price=Decimal(61000),
        unrealized_pnl=Decimal(100),
        margin=Decimal(600),
        liquidation_price=Decimal(20000),
    )
    return Delivery(
        account=account,
        observations=(seen, PositionsSeen(account=account, at_ns=now_ns, complete=True, rows=(stated,))),
        streams=streams(account, now_ns),
        prices=tuple(
            PriceSeen(symbol=symbol, price=Decimal(price), at_ns=now_ns, venue="kraken")
            for symbol, price in (("BTC/USD", 61000), ("ETH/USD", 3500), ("USDT/USD", 1), (_PERP, 61000))
        ),
        account_row=AccountRow(account=account, venue="kraken"),
    )


def streams(account: str, now_ns: int) -> tuple[StreamRow, ...]:
    return tuple(
        StreamRow(account=account, kind=kind, strategy="stream", status="live", beat_ns=now_ns, last_message_ns=now_ns)
        for kind in DATA_KINDS
    )


async def measure(location: Location, hook: Server, *, accounts: int, rate: int, seconds: float) -> list[str]:
    """Return the lines to print; those of a goal that was missed begin with MISSED."""
    clock, journal = SystemClock(), open_journal(location)
    names = [f"account{n:03d}" for n in range(accounts)]
    low = RuleSetting(accounts={name: RuleSetting(assets={"USD": Decimal(1000)}) for name in names})
    decided = Decided(settings=Settings(rules={"LOW_BALANCE": low}, suppress_ns=0), channels={"hook": "info"})
    url = f"http://127.0.0.1:{hook.port}/"
    writer = Noting(journal, clock)
    async with writer:
        for name in names:
            await writer.write(state(name, 5000, time.time_ns(), whole=True))
        alerting = Timed(ReadingThread(journal.reader()), names, lambda: names, lambda: decided, clock)
        channel = open_channel(url)
        delivering = Delivering(ReadingThread(journal.reader()), lambda: {"hook": channel}, clock)
        alerting.on_alerts = delivering.look_now
        tasks = [asyncio.create_task(alerting.run(writer)), asyncio.create_task(delivering.run(writer))]
        await asyncio.sleep(12)  # every account has been looked at, and its beginning noted
        looked, judged, cpu = alerting.looking_s, alerting.evaluating_s, time.process_time()
        began = time.monotonic()
        asked: dict[str, float] = {}

        async def change(number: int) -> None:
            name = names[number % accounts]
            low_now = number % _EVERY == number // accounts % _EVERY and name not in asked
            if low_now:
                asked[name] = time.time()
            await writer.write(state(name, 900 if low_now else 5000 + number, time.time_ns(), whole=False))

        writes = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            writes.append(asyncio.create_task(change(number)))
        await asyncio.gather(*writes)
        took = time.monotonic() - began
        evaluating, share = (alerting.evaluating_s - judged) / took, (alerting.looking_s - looked) / took
        whole = (time.process_time() - cpu) / took
        await asyncio.sleep(2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    journal.close()
    told = {}
    for (_, _, body), at in zip(hook.heard, hook.times, strict=True):
        said = json.loads(body)
        told[said["account"]] = at + time.time() - time.monotonic()
    lost = [name for name in asked if name not in told]
    heard = [name for name in asked if name in told]
    committed = {name: _first(alerting.commits[name], asked[name]) for name in heard}
    until_told = [told[name] - committed[name] for name in heard]
    until_stored = [_first(writer.stored[name], committed[name]) - committed[name] for name in heard]
    return [
        goal("of a core, evaluating", evaluating * 100, MOST_SHARE * 100, "%"),
        f"{share:.1%} of a core with reading what is evaluated",
        f"{whole:.0%} of a core in all, writing {rate} changes a second included",
        goal(f"p99 until stored, of {len(until_stored)}", p99(until_stored) * 1000, MOST_STORED_MS, " ms"),
        goal(f"p99 until on the channel, of {len(until_told)}", p99(until_told) * 1000, MOST_TOLD_MS, " ms"),
        goal("breaches lost", len(lost), 0, ""),
    ]


def _first(times: list[float], after: float) -> float:
    return min(at for at in times if at >= after)


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def goal(what: str, value: float, most: float, unit: str) -> str:
    return f"{'' if value <= most else 'MISSED '}{what}: {value:.1f}{unit} (at most {most:g}{unit})"


async def one(name: str, asked: argparse.Namespace) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="acct-alerts-") as folder, DATABASES[name](Path(folder)) as location:
        async with serving("http") as hook:
            return await measure(location, hook, accounts=asked.accounts, rate=asked.rate, seconds=asked.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", nargs="+", default=sorted(DATABASES), choices=sorted(DATABASES))
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    missed = False
    for name in asked.databases:
        lines = asyncio.run(one(name, asked))
        missed |= any(line.startswith("MISSED") for line in lines)
        sys.stdout.writelines(f"{name}: {line}\n" for line in lines)
        sys.stdout.flush()
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
