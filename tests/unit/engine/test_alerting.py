"""What is committed is held to the rules once: across restarts, two processes and a history that is just being read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from account_cli.alerts import Episode, RuleSetting, Settings
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill, TransferArrived
from account_cli.domain.health import DataKind, StreamRow, StreamStatus
from account_cli.domain.observations import Balance, BalancesSeen, PriceSeen
from account_cli.domain.times import HOUR, MINUTE, SECOND
from account_cli.engine.alert_storing import Decided
from account_cli.engine.alerting import Alerting
from account_cli.engine.delivering import Delivering
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.recording import keep_points
from account_cli.engine.screen import FollowedScreen
from account_cli.engine.writing import Writer
from account_cli.errors import Unreachable
from account_cli.ports import AccountRow, AlertRow, Journal
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import AlertNotice
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, fill
from tests.unit.reports.report_views import D

LOW = Settings(rules={"LOW_BALANCE": RuleSetting(threshold=D(1000))})


class Place:
    """A channel that remembers, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[AlertRow] = []
        self.failures = failures

    async def tell(self, alert: AlertRow) -> None:
        if self.failures:
            self.failures -= 1
            raise Unreachable("out of order")
        self.heard.append(alert)


class Bench:
    """A database, its writer, the rules and two channels; a test says what happens and looks."""

    def __init__(self, journal: Journal, writer: Writer, clock: FixedClock) -> None:
        self.journal, self.writer, self.clock = journal, writer, clock
        self.decided = Decided(settings=LOW, channels={"mail": "info", "hook": "critical"})
        self.mail, self.hook = Place(), Place()
        self.running = {"a"}
        self.heard_ns = 0
        self.later_ns: dict[str, int] = {}
        """So much later than others these kinds were heard of."""
        self.reader = journal.reader()
        self.restart()

    def restart(self) -> None:
        thread = ReadingThread(self.reader)
        self.alerting = Alerting(thread, self.running, lambda: ["a"], lambda: self.decided, self.clock)
        self.delivering = Delivering(thread, lambda: {"mail": self.mail, "hook": self.hook}, self.clock)

    async def holds(self, usd: str, account: str = "a", **others: str) -> None:
        """The exchange states so much, just now, by streams that are live."""
        now = self.heard_ns = self.clock.ns
        rows = tuple(Balance(asset=asset, total=D(total)) for asset, total in {"USD": usd, **others}.items())
        seen = BalancesSeen(account=account, at_ns=now, complete=True, rows=rows)
        streams = tuple(msgspec.structs.replace(row, account=account) for row in self.streams("live"))
        row = AccountRow(account=account)
        await self.writer.write(Delivery(account=account, account_row=row, streams=streams, observations=(seen,)))

    async def beats(self) -> None:
        """Whoever collects lives, and hears nothing."""
        await self.writer.write(Delivery(account="a", streams=self.streams("offline")))

    def streams(self, status: StreamStatus) -> tuple[StreamRow, ...]:
        kinds: tuple[DataKind, ...] = ("balances", "positions", "fills")
        bare = StreamRow(account="a", kind="balances", strategy="stream", status=status, beat_ns=self.clock.ns)
        heard = {kind: self.heard_ns + self.later_ns.get(kind, 0) for kind in kinds}
        return tuple(msgspec.structs.replace(bare, kind=kind, last_message_ns=heard[kind]) for kind in kinds)

    async def look(self) -> None:
        await self.alerting.look(self.writer)
        await self.delivering.look(self.writer)
        await self.delivering.done()

    def failed(self) -> list[Episode]:
        return [one for one in self.reader.episodes() if one.rule == "CHANNEL_FAILED"]

    def said(self) -> list[tuple[str, str]]:
        return [(row.rule, row.what) for row in reversed(self.reader.alerts())]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock()
    async with Writer(journal, clock) as writer:
        made = Bench(journal, writer, clock)
        yield made
        made.reader.close()


async def test_a_breach_is_stored_and_told_once_however_often_it_is_looked_at(bench: Bench) -> None:
    await bench.holds("900")
    for _ in range(3):
        await bench.look()
    assert bench.said() == [("LOW_BALANCE", "fired")]
    (heard,) = bench.mail.heard
    assert (heard.severity, heard.value, heard.threshold, heard.key) == ("warning", D(900), D(1000), "*")
    assert bench.hook.heard == [], "a warning is not told where only what is critical is"
    await bench.holds("1500")
    await bench.look()
    assert bench.said() == [("LOW_BALANCE", "fired"), ("LOW_BALANCE", "resolved")]
    assert len(bench.mail.heard) == 1


async def test_a_restart_between_the_alert_and_its_telling_loses_nothing_and_says_nothing_twice(bench: Bench) -> None:
    await bench.holds("900")
    await bench.alerting.look(bench.writer)
    bench.restart()
    await bench.look()
    await bench.look()
    assert [one.id for one in bench.mail.heard] == ["a/LOW_BALANCE/*/1"]


async def test_a_process_that_dies_while_it_tells_leaves_it_to_be_told_with_the_same_id(bench: Bench) -> None:
    await bench.holds("900")
    await bench.alerting.look(bench.writer)
    (row,) = bench.reader.tellings(bench.clock.ns)
    await bench.writer.do(lambda tx: tx.claim_telling(row.number, row.next_ns, bench.clock.ns + 30 * SECOND))
    await bench.look()
    assert bench.mail.heard == [], "somebody has it"
    bench.clock.ns += 30 * SECOND
    await bench.holds("900")
    await bench.look()
    assert [one.id for one in bench.mail.heard] == ["a/LOW_BALANCE/*/1"]


async def test_a_liquidation_is_found_behind_the_last_look_and_the_past_is_left_alone(bench: Bench) -> None:
    old: Fill = msgspec.structs.replace(fill(1), type="liquidation", time_ns=START - HOUR)
    await bench.writer.write(Delivery(account="a", events=(old,)))
    await bench.holds("5000")
    await bench.look()
    new = msgspec.structs.replace(fill(2), type="liquidation", time_ns=bench.clock.ns + 1)
    late = msgspec.structs.replace(fill(3), type="liquidation", time_ns=START - 2 * HOUR)
    await bench.writer.write(Delivery(account="a", events=(new, late)))
    bench.restart()
    await bench.look()
    await bench.look()
    assert bench.said() == [("UNEXPECTED_FILL", "fired")]
    assert [one.severity for one in bench.hook.heard] == ["critical"]
    bench.restart()
    await bench.look()
    assert len(bench.said()) == 1, "a fact that was told is not found again"


def deposit_and_liquidation(asset: str, now_ns: int) -> Delivery:
    """A deposit of two of an asset, and a fill that was forced just after it."""
    arrived = TransferArrived(account="a", id="d", time_ns=now_ns + 1, asset=asset, amount=D(2), type="deposit")
    forced = msgspec.structs.replace(fill(2), type="liquidation", time_ns=now_ns + 2)
    return Delivery(account="a", events=(arrived, forced))


async def test_what_arrives_before_its_price_is_told_when_it_has_one_even_by_another_process(bench: Bench) -> None:
    """The first deposit of an asset is stored seconds before anybody asks what that asset is worth."""
    bench.decided = Decided(
        settings=Settings(rules={"LARGE_TRANSFER": RuleSetting(threshold=D(1000))}), channels={"mail": "info"}
    )
    await bench.holds("5000")
    await bench.look()
    await bench.writer.write(deposit_and_liquidation("BTC", bench.clock.ns))
    for _ in range(2):
        bench.clock.ns += SECOND
        await bench.look()
        bench.restart()
    assert bench.said() == [], "nobody can tell yet whether it is large, and what came later waits behind it"
    seen = PriceSeen(symbol="BTC/USD", price=D(600), at_ns=bench.clock.ns)
    await bench.writer.write(Delivery(account="a", prices=(seen,)))
    for _ in range(2):
        await bench.look()
    assert sorted(bench.said()) == [("LARGE_TRANSFER", "fired"), ("UNEXPECTED_FILL", "fired")]
    (heard,) = [row.text for row in bench.mail.heard if row.rule == "LARGE_TRANSFER"]
    assert heard == "deposit of 2 BTC, worth 1200 USD"


async def test_what_has_no_price_at_all_holds_up_the_facts_behind_it_for_half_a_minute(bench: Bench) -> None:
    bench.decided = Decided(settings=Settings(rules={"LARGE_TRANSFER": RuleSetting(threshold=D(1000))}))
    await bench.holds("5000")
    await bench.look()
    await bench.writer.write(deposit_and_liquidation("FOO", bench.clock.ns))
    for seconds in (29, 2, 61, 600):
        bench.clock.ns += seconds * SECOND
        await bench.holds("5000")
        await bench.look()
        if seconds == 29:
            assert bench.said() == []
    assert bench.said() == [("UNEXPECTED_FILL", "fired"), ("DATA_INCOMPLETE", "fired"), ("DATA_INCOMPLETE", "resolved")]
    (said,) = [row.text for row in bench.reader.alerts() if row.what == "fired" and row.rule == "DATA_INCOMPLETE"]
    assert said == "cannot be judged: LARGE_TRANSFER: deposit of 2 FOO, worth ? USD"


async def test_a_fact_that_a_clock_ahead_of_time_stored_holds_up_no_other(bench: Bench) -> None:
    bench.decided = Decided(settings=Settings(rules={"LARGE_TRANSFER": RuleSetting(threshold=D(1000))}))
    await bench.holds("5000")
    await bench.look()
    now = bench.clock.ns
    bench.clock.ns += HOUR
    await bench.writer.write(deposit_and_liquidation("FOO", now))
    bench.clock.ns = now + SECOND
    await bench.look()
    assert bench.said() == [("UNEXPECTED_FILL", "fired")]


async def test_a_channel_that_fails_is_tried_again_and_reported_on_another(bench: Bench) -> None:
    bench.mail.failures = 4
    await bench.holds("900")
    for _ in range(8):
        await bench.look()
        await bench.delivering.done()
        bench.clock.ns += 10 * SECOND
        if bench.mail.failures == 1:
            bench.restart()
            assert [(one.key, one.state) for one in bench.failed()] == [("mail", "firing")]
    assert [one.rule for one in bench.hook.heard] == ["CHANNEL_FAILED"], "told once, across a restart"
    assert "mail" in bench.hook.heard[0].text
    assert [(one.key, one.state) for one in bench.failed()] == [("mail", "resolved")], "it takes them again"
    assert "LOW_BALANCE" in [one.rule for one in bench.mail.heard], "it arrives when the channel is back"


async def test_what_waits_for_a_channel_that_was_removed_is_given_up_without_an_alarm(bench: Bench) -> None:
    bench.decided = msgspec.structs.replace(bench.decided, channels={"old": "info"})
    await bench.holds("900")
    for _ in range(5):
        await bench.look()
        bench.clock.ns += 10 * SECOND
    assert [(row.channel, row.state) for row in bench.reader.tellings()] == [("old", "failed")]
    assert bench.failed() == []


async def test_data_that_is_missing_neither_fires_nor_clears_and_is_said_after_a_while(bench: Bench) -> None:
    await bench.holds("900")
    await bench.look()
    bench.clock.ns += 2 * MINUTE
    await bench.look()
    assert ("LOW_BALANCE", "resolved") not in bench.said(), "silence is not a balance that came back"
    bench.clock.ns += 10 * MINUTE
    await bench.look()
    assert ("DATA_INCOMPLETE", "fired") in bench.said()
    (said,) = [row for row in bench.reader.alerts() if row.rule == "DATA_INCOMPLETE"]
    assert said.text.startswith("cannot be judged: LOW_BALANCE, ")


async def test_a_sum_that_lacks_a_price_and_is_below_its_limit_is_said_not_to_be_judged_once(bench: Bench) -> None:
    for _ in range(3):
        await bench.holds("900", KFEE="5")
        await bench.look()
        bench.clock.ns += 40 * SECOND
    assert bench.said() == [("DATA_INCOMPLETE", "fired")], "neither a breach nor silence, and told once"
    (heard,) = bench.mail.heard
    said = "cannot be judged: LOW_BALANCE: a is worth at least 900 USD, without KFEE, which has no price"
    assert (heard.key, heard.text) == ("price", said)
    await bench.holds("1100", KFEE="5")
    await bench.look()
    assert bench.said()[1:] == [("DATA_INCOMPLETE", "resolved")], "enough without it"


async def test_a_screen_shows_an_alert_once_and_what_became_of_it(bench: Bench) -> None:
    screen = FollowedScreen(Follower(bench.reader), ["a"], bench.clock, currency="USD", attached=False)
    for usd, state in (("900", "firing"), ("1500", "resolved")):
        await bench.holds(usd)
        await bench.look()
        screen.refresh()
        (row,) = screen.screenful().alerts
        assert isinstance(row, AlertNotice)
        assert (row.code, row.key, row.state, row.value, row.threshold) == ("LOW_BALANCE", "*", state, D(900), D(1000))


async def test_what_another_rule_tells_of_is_not_told_twice(bench: Bench) -> None:
    await bench.holds("1100")
    await bench.look()
    for _ in range(10):
        bench.clock.ns += 20 * SECOND
        await bench.beats()
        await bench.look()
    assert {rule for rule, _ in bench.said()} == {"STREAM_STALE"}
    (heard,) = bench.mail.heard
    assert heard.text == "nothing was heard of balances, fills, positions", "one message for all that fell silent"
    assert len([one for one in bench.reader.episodes("a") if one.is_on]) == 3
    assert len([one for one in bench.reader.notices() if one.code == "alert"]) == 1


async def test_a_stream_that_falls_silent_after_the_message_that_named_it_is_not_told_again(bench: Bench) -> None:
    bench.decided = msgspec.structs.replace(bench.decided, settings=Settings(repeat_ns=MINUTE))
    await bench.holds("1100")
    bench.later_ns = {"fills": 10 * SECOND}
    for _ in range(24):
        bench.clock.ns += 10 * SECOND
        await bench.beats()
        await bench.look()
    assert [one.what for one in bench.mail.heard] == ["fired", "repeated", "repeated"]
    assert bench.mail.heard[0].text == "nothing was heard of balances, fills, positions"
    bench.later_ns = {"balances": HOUR, "positions": HOUR}
    await bench.holds("1100")
    await bench.look()
    bench.clock.ns += 2 * MINUTE
    await bench.beats()
    await bench.look()
    assert bench.mail.heard[-1].text == "nothing was heard of fills"


async def test_what_begins_at_once_is_one_message_that_names_each(bench: Bench) -> None:
    rule = RuleSetting(assets={"BTC": D(1), "ETH": D(1)}, critical=D(500), threshold=D(1000))
    bench.decided = msgspec.structs.replace(bench.decided, settings=Settings(rules={"LOW_BALANCE": rule}))
    await bench.holds("100", BTC="0", ETH="0")
    await bench.look()
    (heard,) = bench.mail.heard
    assert (heard.key, heard.severity) == ("*", "critical")
    assert heard.text == "a is worth 100 USD; a holds 0 BTC; a holds 0 ETH"
    assert bench.said() == [("LOW_BALANCE", "fired")] * 3, "each is in the history"


async def test_an_account_that_nobody_collects_is_told_by_whoever_lives(bench: Bench) -> None:
    await bench.holds("5000")
    bench.running.clear()
    await bench.look()
    assert bench.said() == []
    bench.clock.ns += 20 * SECOND
    await bench.look()
    await bench.look()
    assert bench.said() == [("COLLECTOR_DOWN", "fired")]
    bench.running.add("a")
    await bench.holds("5000")
    await bench.look()
    assert bench.said() == [("COLLECTOR_DOWN", "fired"), ("COLLECTOR_DOWN", "resolved")]


async def test_a_muted_rule_is_counted_and_told_when_it_may_speak_again(bench: Bench) -> None:
    await bench.writer.do(lambda tx: tx.put_mute("LOW_BALANCE", bench.clock.ns + HOUR))
    await bench.holds("900")
    await bench.look()
    assert (bench.said(), bench.mail.heard) == ([("LOW_BALANCE", "counted")], [])
    bench.clock.ns += HOUR
    await bench.holds("900")
    await bench.look()
    assert [one.what for one in bench.mail.heard if one.rule == "LOW_BALANCE"] == ["told"]


async def test_a_breach_that_must_last_is_told_when_it_has(bench: Bench) -> None:
    lasting = Settings(rules={"LOW_BALANCE": RuleSetting(threshold=D(1000), for_s=30)})
    bench.decided = Decided(settings=lasting, channels={"mail": "info"})
    await bench.holds("900")
    await bench.look()
    assert bench.said() == []
    bench.clock.ns += 30 * SECOND
    await bench.holds("900")
    await bench.look()
    assert bench.said() == [("LOW_BALANCE", "fired")]


async def test_what_is_committed_is_looked_at_without_being_asked(bench: Bench) -> None:
    row = AccountRow(account="a", venue="kraken")
    await bench.writer.write(Delivery(account="a", account_row=row))
    running = asyncio.create_task(bench.alerting.run(bench.writer))
    while not bench.alerting.looked_ns:
        await asyncio.sleep(0)
    await bench.holds("900")
    while not bench.reader.alerts():
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.wait([running])


async def test_what_was_touched_does_not_wait_for_the_accounts_whose_turn_it_is(bench: Bench) -> None:
    for account in ("a", "b"):
        await bench.holds("900", account)
    thread = ReadingThread(bench.reader)
    alerting = Alerting(thread, ["a", "b"], lambda: ["a", "b"], lambda: bench.decided, bench.clock)
    alerting.touch(["b"])
    running = asyncio.create_task(alerting.run(bench.writer))
    while len(bench.reader.alerts()) < 2:
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.wait([running])
    assert [row.account for row in reversed(bench.reader.alerts())] == ["b", "a"]


async def test_a_fall_is_told_with_the_price_that_shows_it_and_a_withdrawal_is_no_fall(bench: Bench) -> None:
    rules = {name: RuleSetting(threshold=D(limit)) for name, limit in (("HIGH_DRAWDOWN", 20), ("PNL_BELOW", -100))}
    bench.decided = Decided(settings=Settings(rules=rules))
    deposit = TransferArrived(account="a", id="d", time_ns=START - HOUR, asset="BTC", amount=D(1), type="deposit")
    await bench.writer.write(Delivery(account="a", events=(deposit,)))

    async def trades_at(price: str) -> None:
        bench.clock.ns += SECOND
        seen = PriceSeen(symbol="BTC/USD", price=D(price), at_ns=bench.clock.ns)
        await bench.writer.write(Delivery(account="a", prices=(seen,)))

    async def look_at_what_was_touched() -> list[tuple[str, str]]:
        await bench.alerting.look(bench.writer, whole=(), touched=["a"])
        return bench.said()

    points = [
        HistoryPoint(account="a", at_ns=START // MINUTE * MINUTE - back, currency="USD", equity=D(1000), flows=D(1000))
        for back in (2 * MINUTE, MINUTE // 2)
    ]
    await bench.writer.do(lambda tx: keep_points(tx, points))
    await trades_at("1000")
    await bench.holds("0", BTC="1")
    await bench.look()
    await trades_at("950")
    assert await look_at_what_was_touched() == []
    await bench.holds("0", BTC="0.5")
    assert await look_at_what_was_touched() == [], "what went somewhere else, and is not told of yet, is no loss"
    await bench.holds("0", BTC="1")
    await trades_at("700")
    assert await look_at_what_was_touched() == [("HIGH_DRAWDOWN", "fired"), ("PNL_BELOW", "fired")]
    await bench.holds("0", BTC="0.5")
    await bench.look()
    assert len(bench.said()) == 2, "what was last known holds until history is read again"
