"""Redis hears of an alert as people's own programs expect it: the message of a monitor that they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import redis

from account_cli.alerts import Episode, Judgement, Policy, advance
from account_cli.domain.times import SECOND
from account_cli.engine.alert_storing import put_step
from account_cli.ports import JournalTx
from tests.faults.test_relaying import relaying
from tests.services import redis_prefix
from tests.unit.engine.engine_facts import FixedClock

LIKE_B25 = {"type", "severity", "symbol", "message", "value", "threshold", "timestamp"}


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    with redis_prefix() as found:
        yield found


def judged(value: str, *, breach: bool) -> Judgement:
    return Judgement(
        is_="breach" if breach else "clear",
        severity="warning",
        threshold=Decimal("0.5"),
        value=Decimal(value),
        text="a holds 0.30 BTC",
    )


async def test_the_channel_and_the_stream_carry_the_message_when_it_fires_and_when_it_is_over(
    place: tuple[str, str], tmp_path: Path
) -> None:
    url, prefix = place
    clock, policy = FixedClock(), Policy(suppress_ns=0)
    with redis.Redis.from_url(url, decode_responses=True) as connection, connection.pubsub() as listening:
        listening.subscribe(f"{prefix}trading.alerts")
        assert listening.get_message(timeout=5)["type"] == "subscribe"
        async with relaying(place, tmp_path, clock) as (relay, writer, _, _bus):
            await relay.relay(writer)
            it = Episode(rule="LOW_BALANCE", account="a", key="BTC")
            for value, breach in (("0.30", True), ("0.60", False)):
                it, happened = advance(it, judged(value, breach=breach), policy, clock.ns)

                def store(tx: JournalTx, it: Episode = it, happened: object = happened) -> None:
                    tx.put_episode(it)
                    for step in happened:  # type: ignore[attr-defined]
                        put_step(tx, it, step, clock.ns, {})

                await writer.do(store)
                clock.ns += SECOND
            await relay.relay(writer)
        fired, over = (json.loads(listening.get_message(timeout=5)["data"]) for _ in range(2))
        streamed = [json.loads(fields["body"]) for _, fields in connection.xrange(f"{prefix}trading.alerts")]
        assert connection.xlen(f"{prefix}trading.notices") == 0, "an alert is no notice besides"
    assert {name: fired[name] for name in LIKE_B25} == {
        "type": "LOW_BALANCE",
        "severity": "WARNING",
        "symbol": "BTC",
        "message": "a holds 0.30 BTC",
        "value": "0.3",
        "threshold": "0.5",
        "timestamp": "2023-11-14T22:13:20Z",
    }
    assert set(fired) - LIKE_B25 == {"id", "account", "what"}
    assert (over["severity"], over["value"], over["what"]) == ("INFO", "0.6", "resolved")
    assert over["message"] == "over: a holds 0.30 BTC"
    assert [one["id"] for one in streamed] == ["a/LOW_BALANCE/BTC/1", "a/LOW_BALANCE/BTC/over-1"]
    assert streamed == [fired, over]


async def test_what_has_no_symbol_says_none_and_the_end_of_what_was_not_told_is_not_told(
    place: tuple[str, str], tmp_path: Path
) -> None:
    url, prefix = place
    clock, policy = FixedClock(), Policy(suppress_ns=60 * SECOND)
    async with relaying(place, tmp_path, clock) as (relay, writer, _, _bus):
        it = Episode(rule="HIGH_LEVERAGE", account="a", key="")
        for breach in (True, False, True, False):
            it, happened = advance(it, judged("12", breach=breach), policy, clock.ns)

            def store(tx: JournalTx, it: Episode = it, happened: object = happened) -> None:
                for step in happened:  # type: ignore[attr-defined]
                    put_step(tx, it, step, clock.ns, {})

            await writer.do(store)
        await relay.relay(writer)
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        told = [json.loads(fields["body"]) for _, fields in connection.xrange(f"{prefix}trading.alerts")]
    assert [one["what"] for one in told] == ["fired", "resolved"], "the second episode was counted, and not told"
    assert "symbol" not in told[0]
