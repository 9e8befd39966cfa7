"""Provokes every alert there is at a simulated exchange, and writes down what a webhook and a mailbox heard, and when.

acct runs as a process of its own and tells a real HTTP server and a real mail server on this machine. The table of all
rules (six minutes or so)::

    python -m tests.faults.provoked                     or only some: python -m tests.faults.provoked LOW_BALANCE …
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from account_cli.alerts import RULES
from account_cli.simulator import Simulator
from account_cli.simulator.world import mishaps
from tests.faults.planted import less_than_known, one_side_only
from tests.faults.truth import Bench
from tests.unit.notify.servers import Server, serving

SECOND = 1_000_000_000
WITHIN_S = 180.0
BTC = "BTC/USDT:USDT"


class Place:
    """A simulated account that lives with the wall clock, acct beside it, and the two places that it tells."""

    def __init__(self, bench: Bench, hook: Server, mail: Server) -> None:
        self.bench, self.hook, self.mail = bench, hook, mail
        self.process: asyncio.subprocess.Process | None = None
        self.other: Simulator | None = None

    @property
    def sim(self) -> Simulator:
        return self.bench.sim

    def rules(self, text: str) -> None:
        """Let these be the thresholds from now on."""
        file, whole = self.bench.folder / "config.toml", self.bench.folder / "config.new"
        base = file.read_text().split("# rules\n")[0]
        whole.touch(mode=0o600)
        whole.write_text(f"{base}# rules\n{text}")
        whole.replace(file)

    async def heard(self, rule: str) -> tuple[dict[str, Any], float, str, float]:
        """Wait for the alert on both; return what the webhook got, when, the mail's subject, and when."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                posts = [json.loads(body) for _, _, body in self.hook.heard]
                post = next((n for n, one in enumerate(posts) if one["type"] == rule), None)
                mail = next((n for n, one in enumerate(self.mail.mails) if f" {rule} " in f"{one['Subject']} "), None)
                if post is not None and mail is not None:
                    subject = str(self.mail.mails[mail]["Subject"])
                    return posts[post], self.hook.times[post], subject, self.mail.times[mail]
                await asyncio.sleep(0.01)


class Provocation(NamedTuple):
    """A rule, how it is provoked in words, its section, and what is done at the exchange."""

    rule: str
    how: str
    setting: str
    act: Callable[[Place], Awaitable[object] | object]


class Row(NamedTuple):
    """A line of the table; times are seconds from the provocation on."""

    rule: str
    how: str
    message: str
    severity: str
    value: str | None
    threshold: str | None
    subject: str
    hook_s: float
    mail_s: float
    notices: int


def moved(kind: Any, asset: str, amount: str, symbol: str | None = None) -> Callable[[Place], None]:
    def act(place: Place) -> None:
        with place.sim.world.arithmetic():
            place.sim.world.move(kind, asset, Decimal(amount), symbol=symbol)

    return act


def traded(symbol: str, side: Any, quantity: str) -> Callable[[Place], None]:
    """Let the account trade so much at the present price."""

    def act(place: Place) -> None:
        world = place.sim.world
        with world.arithmetic():
            order = world.place(symbol, side, "market", Decimal(quantity))
            world.fill(order.id, Decimal(quantity), world.price(symbol), maker=False)

    return act


def priced(symbol: str, percent: int) -> Callable[[Place], None]:
    """Let a price move by so much at once, for good."""

    def act(place: Place) -> None:
        walk = place.sim.world.walks[symbol]
        walk._ticks = walk._ticks * (100 + percent) // 100
        walk._home = walk._ticks

    return act


def liquidated(place: Place) -> None:
    with place.sim.world.arithmetic():
        mishaps.forced(place.sim.world, "liquidation")


def silent(place: Place) -> None:
    """Every stream says nothing more, and every answer hangs: as a dead line looks."""
    place.sim.silence(True)
    place.sim.http_fault(10_000, "timeout")


def unwell(place: Place) -> None:
    place.sim.drop_connections()
    place.sim.stage.faults.handshake = "403"
    place.sim.http_fault(10_000, "503html")


def limited(place: Place) -> None:
    place.sim.drop_connections()
    place.sim.http_fault(30, "429")


def late(place: Place) -> None:
    place.sim.stage.faults.clock = lambda now: now + 10 * SECOND
    place.sim.drop_connections()


def may_trade(place: Place) -> None:
    place.sim.grant(trade=True)


async def deserted(place: Place) -> None:
    """The only process that has the key of the second account is killed."""
    sim = place.other = Simulator("kraken", seed=9, speed=None, account="second", rate_limit=False)
    await sim.start()
    file = place.bench.folder / "config.toml"
    section = sim.config_toml("second").replace(f'api_key = "{sim.api_key}"\nsecret = "{sim.secret}"\n', "")
    base, rules = file.read_text().split("# rules\n")
    file.write_text(f"{base}{section.replace(']', ']' + chr(10) + 'rate_limit = false', 1)}# rules\n{rules}")
    keys = {"SECOND_API_KEY": sim.api_key, "SECOND_API_SECRET": sim.secret}
    process = await place.bench.start("collect", "second", environment=keys)
    while not any(connection.private for connection in sim.stage.connections):
        await asyncio.sleep(0.1)
    await asyncio.sleep(5)
    process.kill()
    await process.wait()


FUTURES = (
    Provocation("LARGE_FILL", "a fill worth 1,950 USDT", "threshold = 1500", traded(BTC, "sell", "0.030")),
    Provocation(
        "FUNDING_COST", "funding of 300 USDT is paid", "threshold = 250", moved("funding", "USDT", "-300", BTC)
    ),
    Provocation("HIGH_LEVERAGE", "2.7 BTC sold short", "threshold = 10", traded(BTC, "sell", "2.700")),
    Provocation("HIGH_MARGIN_RATIO", "another 0.6 BTC sold short", "", traded(BTC, "sell", "0.600")),
    Provocation("LIQUIDATION_NEAR", "the mark goes 1 % against it", "threshold = 4", priced(BTC, 1)),
    Provocation("HIGH_DRAWDOWN", "and another 1 %", "threshold = 30", priced(BTC, 1)),
    Provocation("PNL_BELOW", "and another 1 %", 'threshold = "-5500"', priced(BTC, 1)),
    Provocation("PNL_ABOVE", "the mark comes back by 8 %", "threshold = 5000", priced(BTC, -8)),
    Provocation("UNEXPECTED_FILL", "the exchange liquidates the position", "", liquidated),
    Provocation("POSITION_DRIFT", "a position is gone without a fact", "", lambda place: less_than_known(place.bench)),
)
SPOT = (
    Provocation("DATA_INCOMPLETE", "100 of an asset without a price, total limit above what is known",
                "", moved("deposit", "KFEE", "100")),
    Provocation("LOW_BALANCE", "1,000 ADA deposited, then 900 withdrawn", "assets = { ADA = 500 }",
                moved("withdrawal", "ADA", "-900")),
    Provocation("LARGE_TRANSFER", "2 BTC deposited", "threshold = 100000", moved("deposit", "BTC", "2")),
    Provocation("BALANCE_DRIFT", "the exchange holds 5.5 DOT more than any fact says", "",
                lambda place: one_side_only(place.bench)),
    Provocation("CLOCK_SKEW", "the exchange's clock is set 10 s ahead", "", late),
    Provocation("RATE_LIMITED", "the exchange answers 429 thirty times", "", limited),
    Provocation("KEY_PROBLEM", "the key is given the right to trade", "", may_trade),
    Provocation("COLLECTOR_DOWN", "kill -9 of the one process that collects the second account", "", deserted),
)  # fmt: skip
SILENT = (
    Provocation("STREAM_STALE", "every stream falls silent, and every answer hangs", "", silent),
)  # fmt: skip
UNWELL = (
    Provocation("RECONCILE_FAILED", "streams are refused, answers are 503", "threshold = 30", unwell),
)  # fmt: skip
VENUES = (("binanceusdm", FUTURES), ("kraken", SPOT), ("kraken", SILENT), ("kraken", UNWELL))


async def main(wanted: Sequence[str]) -> int:
    say("| rule | provoked by | the webhook heard | after | the mail's subject | after | notices |")
    say("|---|---|---|---|---|---|---|")
    missed = []
    for venue, provocations in VENUES:
        chosen = [one for one in provocations if not wanted or one.rule in wanted]
        if not chosen:
            continue
        async with placed(venue, provocations) as place:
            for one in chosen:
                row = await provoked(place, one)
                say(line(one, row))
                missed += [one.rule] if row is None else []
    left = {rule.name for rule in RULES} - {one.rule for _, all_of in VENUES for one in all_of}
    if missed or left:
        say(f"\nnot heard: {', '.join(missed) or 'none'}; not provoked: {', '.join(sorted(left)) or 'none'}")
    return 1 if missed or left else 0


@asynccontextmanager
async def placed(venue: str, provocations: Sequence[Provocation]) -> AsyncIterator[Place]:
    """acct collecting one account, live, with history behind it; the thresholds of these provocations hold."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Bench(venue, Path(folder), seed=5, hours=1, activity=2) as bench,
            serving("http") as hook,
            serving("smtp") as mail,
        ):
            place = Place(bench, hook, mail)
            bench.sim.run_until(time.time_ns())
            if venue == "kraken":
                moved("deposit", "ADA", "1000")(place)
            living = asyncio.create_task(live(bench.sim))
            channels = (
                "[alerts]\nsuppress = 1\n"
                f'[alerts.channels]\nhook = "http://127.0.0.1:{hook.port}/hook"\n'
                f'mail = "smtp://127.0.0.1:{mail.port}/?to=me@example.org"\n'
            )
            sections = "".join(f"[alerts.rules.{one.rule}]\n{one.setting}\n" for one in provocations if one.setting)
            file = bench.folder / "config.toml"
            text = file.read_text().replace("rate_limit = false\n", "rate_limit = false\nkey_interval = 5\n", 1)
            file.write_text(f"{text}[reconcile]\nevery = 5\nsettle = 5\n{channels}# rules\n{sections}")
            place.process = await bench.start("collect")
            try:
                await bench.heard()
                await history(place)
                yield place
            finally:
                living.cancel()
                with contextlib.suppress(ProcessLookupError):
                    place.process.terminate()
                await place.process.wait()
                if place.other is not None:
                    await place.other.stop()


async def live(sim: Simulator) -> None:
    while True:
        sim.run_until(time.time_ns())
        await asyncio.sleep(0.1)


async def history(place: Place) -> None:
    """Wait until every rule can be judged: drawdown wants two points of history, thirty seconds apart."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            said = json.loads(await place.bench.run("alerts", "rules", "--json"))
            if all(one["verdict"] != "cannot be judged" for one in said["items"] if one["rule"] == "HIGH_DRAWDOWN"):
                return
            await asyncio.sleep(2)


async def provoked(place: Place, one: Provocation) -> Row | None:
    """Provoke one rule and wait for it; None when nobody heard of it."""
    if one.rule == "DATA_INCOMPLETE":
        place.rules('[alerts.rules.LOW_BALANCE]\nthreshold = 100000000\nassets = { ADA = 500 }\n'
                    '[alerts.rules.LARGE_TRANSFER]\nthreshold = 100000\n')  # fmt: skip
        await asyncio.sleep(5)
    before = time.monotonic()
    done = one.act(place)
    if isinstance(done, Awaitable):
        await done
        before = time.monotonic()
    try:
        post, posted, subject, mailed = await place.heard(one.rule)
    except TimeoutError:
        return None
    notices = sum(json.loads(body)["type"] == one.rule for _, _, body in place.hook.heard)
    return Row(
        rule=one.rule,
        how=one.how,
        message=post["message"],
        severity=post["severity"],
        value=post["value"],
        threshold=post["threshold"],
        subject=subject,
        hook_s=posted - before,
        mail_s=mailed - before,
        notices=notices,
    )


def line(one: Provocation, row: Row | None) -> str:
    if row is None:
        return f"| {one.rule} | {one.how} | **nothing** | | | | 0 |"
    heard = f"{row.severity}: {row.message} (value {row.value}, threshold {row.threshold})"
    return (
        f"| {row.rule} | {row.how} | {heard} | {row.hook_s:.2f} s | {row.subject} | {row.mail_s:.2f} s"
        f" | {row.notices} |"
    )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
