"""Whatever an exchange says, nothing but an ``AcctError`` leaves a reader, nothing is made up, and all is kept."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from account_cli.collector.delivery import Delivery
from account_cli.domain.identity import identity
from account_cli.domain.observations import Balance, Order, Position
from account_cli.engine.ingest import Ingest
from account_cli.errors import AcctError
from account_cli.ports import Beat, Closing, Declined, Gap, Heard, Subscribed
from account_cli.storage import open_journal
from tests.fuzz.changes import HOWS, LOSING, changed, paths
from tests.fuzz.said import VENUES, Again, played, said_by
from tests.wire.exchanges.exch_wire import WallClock

EXAMPLES = int(os.environ.get("ACCT_FUZZ_EXAMPLES", "60"))
ASKED = ("balances", "orders", "positions", "catch_up", "backfill", "prices", "candles")
RELAXED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def shape(text: str) -> str:
    """Return what frames of one kind have in common: the names of their fields."""
    data = json.loads(text)
    kinds = [data.get(key) for key in ("channel", "type", "e")] if isinstance(data, dict) else []
    return repr((sorted(map(repr, paths(data))), kinds))


class Bench:
    """A reader that hears things again, and a database that everything heard is written to."""

    def __init__(self, loop: asyncio.AbstractEventLoop, again: Again, ingest: Ingest) -> None:
        self.loop, self.again, self.ingest = loop, again, ingest
        self._whole: dict[str, list[Heard]] = {}
        polls = again.port.abilities().polls
        self.asked = [one for one in ASKED if one in polls or one not in ("balances", "orders", "positions")]
        self.frames = sorted({shape(text): text for text in again.told.frames}.values())

    def ask(self, what: str, change: Any = None) -> list[Heard]:
        return self.loop.run_until_complete(self.again.asked(what, change))

    def whole(self, what: str) -> list[Heard]:
        """Return what the unchanged answers tell, asked for once."""
        if what not in self._whole:
            self._whole[what] = self.ask(what)
        return self._whole[what]

    def hear(self, text: str) -> list[object]:
        async def heard() -> list[object]:
            return self.again.heard(text)

        return self.loop.run_until_complete(heard())

    def keep(self, heard: list[Heard]) -> None:
        self.ingest.write([Delivery(account="demo", heard=(one,)) for one in heard])


@pytest.fixture(scope="module", params=VENUES)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    loop = asyncio.new_event_loop()
    folder = tmp_path_factory.mktemp(request.param)
    told = loop.run_until_complete(said_by(request.param, folder / "cache"))
    journal = open_journal(folder / "acct.db")
    again = loop.run_until_complete(played(told))
    yield Bench(loop, again, Ingest(journal, WallClock()))
    loop.run_until_complete(again.port.close())
    journal.close()
    loop.close()


def values(heard: list[Heard]) -> dict[str, list[dict[str, object]]]:
    """Return the fields of every fact and observed row, by what it is called; a frame may tell of one order often."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for one in heard:
        for event in one.events:
            found[identity(event)].append(msgspec.structs.asdict(event))
        for seen in one.observations:
            for row in seen.rows:
                match row:
                    case Balance():
                        found[f"balance {row.wallet} {row.asset}"].append(msgspec.structs.asdict(row))
                    case Order():
                        found[f"order {row.id}"].append(msgspec.structs.asdict(row))
                    case Position():
                        found[f"position {row.symbol} {row.side}"].append(msgspec.structs.asdict(row))
    return found


def made_up(before: list[Heard], after: list[Heard]) -> list[str]:
    """Return what is told of a text from which something was taken, and was not told of the whole one."""
    was, now, lines = values(before), values(after), []
    for name in was.keys() & now.keys():
        for key in was[name][0]:
            old = [fields[key] for fields in was[name]]
            new = [fields[key] for fields in now[name] if fields[key] is not None]
            lines += [f"{name}: {key} was {old!r} and is {value!r}" for value in new if value not in old]
    unread = sum(len(one.unreadable) for one in after)
    if len(was) > len(now) and not unread:
        lines.append(f"lost without a word: {sorted(was.keys() - now.keys())}")
    return lines


def may_lack(text: str) -> bool:
    """True for Binance's account update without one of its lists, which the documentation allows."""
    a = json.loads(text).get("a")
    return isinstance(a, dict) and not {"B", "P"} <= a.keys()


@RELAXED
@given(data=st.data())
def test_no_frame_stops_a_stream_and_nothing_is_made_up_of_what_is_left_of_it(
    bench: Bench, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(bench.frames))
    how = data.draw(st.sampled_from(HOWS))
    text = changed(whole, how, lambda n: data.draw(st.integers(0, max(0, n - 1))))
    told = bench.hear(text)
    assert all(isinstance(one, (Heard, Beat, Subscribed, Declined, Gap, Closing, AcctError)) for one in told)
    heard = [one for one in told if isinstance(one, Heard)]
    bench.keep(heard)
    # Of the generic reader's structures ccxt makes up what is missing, out of fields beside it.
    if how in LOSING and bench.again.told.venue != "generic" and not may_lack(text):
        before = [one for one in bench.hear(whole) if isinstance(one, Heard)]
        if heard or not any(isinstance(one, AcctError) for one in told):
            assert made_up(before, heard) == [], text


@RELAXED
@given(data=st.data())
def test_no_answer_makes_anything_but_an_error_of_ours(bench: Bench, data: st.DataObject) -> None:
    what, how = data.draw(st.sampled_from(bench.asked)), data.draw(st.sampled_from(HOWS))
    place = data.draw(st.integers(0, 8))
    # Drawn beforehand: how many are used depends on what is asked, and that on what was heard before.
    numbers = cycle(data.draw(st.lists(st.integers(0, 10**9), min_size=6, max_size=6)))

    def change(text: str) -> str:
        return changed(text, how, lambda n: next(numbers) % max(1, n))

    heard = bench.ask(what, (place, change))
    bench.keep(heard)
    if how in LOSING and what in ("balances", "orders", "positions") and bench.again.told.venue != "generic":
        lines = made_up(bench.whole(what), heard) if heard else []
        # A row of an answer may be missing for good reasons: a set of them has no mark of being whole.
        assert [line for line in lines if not line.startswith("lost")] == []


def test_a_frame_of_eleven_megabytes_is_heard_like_any_other(bench: Bench) -> None:
    big = '{"data":[' + ",".join(['{"a":"' + "x" * 1000 + '"}'] * 11_000) + "]}"
    told = bench.hear(big)
    assert all(isinstance(one, (Heard, Beat)) for one in told)
    bench.keep([one for one in told if isinstance(one, Heard)])
