"""Which transaction a Kraken deposit or withdrawal was: asked once, when it is new, and replayed from the inbox."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import Event, TransferArrived
from account_cli.domain.identity import identity, merge
from account_cli.errors import KeyRejected
from account_cli.exchanges.kraken import transactions
from account_cli.ports import ExchangeReader, Heard, RawRow
from account_cli.simulator import Simulator
from tests.wire.exchanges.exch_wire import Memory, differences, reader_of, simulated


class Kept(Memory):
    """Keeps what was heard as the inbox does, too."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Heard] = []

    def take(self, heard: object) -> None:
        assert isinstance(heard, tuple)
        self.heard += heard
        super().take(heard)


def told(facts: dict[str, Event]) -> dict[str, str | None]:
    found = (fact for fact in facts.values() if isinstance(fact, TransferArrived))
    return {fact.id: fact.tx for fact in found if fact.type in ("deposit", "withdrawal")}


def expected(sim: Simulator) -> dict[str, str | None]:
    entries = (entry for entry in sim.world.book.entries if entry.kind in ("deposit", "withdrawal"))
    return {entry.id: entry.tx for entry in entries}


def asked(sim: Simulator) -> list[str]:
    paths = [request.path.rpartition("/")[2] for request in sim.requests]
    return [path for path in paths if path in ("DepositStatus", "WithdrawStatus")]


async def whole(reader: ExchangeReader, memory: Memory) -> None:
    await memory.catch_up(reader)
    await memory.backfill(reader)


async def test_every_deposit_and_withdrawal_gets_its_transaction_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=1.0) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await whole(reader, memory)
        assert told(memory.facts) == expected(sim)
        assert set(expected(sim).values()) != {None}
        known = len(asked(sim))
        assert known <= 4, "two walks, once a method each"
        for _ in range(3):
            await memory.catch_up(reader)
        assert len(asked(sim)) == known, "nothing new, nothing asked"
        sim.world.move("withdrawal", "BTC", Decimal("-0.25"), fee=Decimal("0.0001"))
        sim.world.move("withdrawal", "BTC", Decimal("-0.125"), fee=Decimal("0.0001"))
        sim.stage.mark()
        for _ in range(3):
            await memory.catch_up(reader)
        assert asked(sim)[known:] == ["WithdrawStatus"]
        assert told(memory.facts) == expected(sim)
        later = reader_of(sim, tmp_path)  # another process goes on from the cursors
        await later.connect()
        await memory.catch_up(later)
        assert asked(sim)[known:] == ["WithdrawStatus"]
        assert differences(memory, sim) == []
        await reader.close()
        await later.close()


async def test_what_is_in_no_transaction_yet_is_asked_for_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken", history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await whole(reader, memory)
        sim.world.move("withdrawal", "ETH", Decimal("-2"))
        entry = sim.world.book.entries[-1]
        sim.stage.faults.money.unconfirmed.add(entry.id)
        sim.stage.mark()
        known = len(asked(sim))
        for _ in range(2):
            await memory.catch_up(reader)
        assert len(asked(sim)) == known + 1
        assert told(memory.facts)[entry.id] is None
        sim.stage.faults.money.unconfirmed.clear()
        monkeypatch.setattr(transactions.Waiting, "is_due", lambda *_: True)
        for _ in range(2):
            await memory.catch_up(reader)
        assert len(asked(sim)) == known + 2
        assert told(memory.facts) == expected(sim)
        await reader.close()


async def test_more_of_them_than_a_page_holds_are_asked_for_page_by_page_one_a_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "_ROWS", 2)
    async with simulated("kraken", history_hours=0.2) as sim:
        for n in range(1, 6):
            sim.world.move("deposit", "DOGE", Decimal(n))
        sim.stage.mark()
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await whole(reader, memory)
        for _ in range(len(expected(sim))):
            before = len(asked(sim))
            await memory.catch_up(reader)
            assert len(asked(sim)) <= before + 2
        assert told(memory.facts) == expected(sim)
        before = len(asked(sim))
        await memory.catch_up(reader)
        assert len(asked(sim)) == before
        await reader.close()


async def test_a_key_that_may_not_ask_costs_the_ids_and_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken", history_hours=0.5) as sim:
        sim.stage.key.transfers = False
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        await whole(reader, memory)
        assert all(": tx is None" in line for line in differences(memory, sim))
        assert set(told(memory.facts).values()) == {None}
        (remark,) = [one for one in reader.remarks() if one.code == "transactions"]
        assert remark.warning
        assert "the key may not do this" in remark.text
        known = len(asked(sim))
        later = reader_of(sim, tmp_path)  # another process neither asks again at once nor keeps quiet about it
        await later.connect()
        await memory.catch_up(later)
        assert len(asked(sim)) == known
        assert remark in later.remarks()
        sim.stage.key.transfers = True
        monkeypatch.setattr(transactions.Waiting, "is_due", lambda *_: True)
        await memory.catch_up(later)
        assert told(memory.facts) == expected(sim)
        assert remark not in later.remarks()
        await reader.close()
        await later.close()


async def test_an_answer_with_a_warning_is_asked_for_again_by_the_next_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken", history_hours=0.5) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        ask, warned = reader.wire.ask, list[str]()  # type: ignore[attr-defined]

        async def delayed(section: str, path: str, *rest: object, **named: object) -> object:
            if path.endswith("Status") and path not in warned:
                warned.append(path)
                sim.http_fault(1, "warning")
            return await ask(section, path, *rest, **named)

        monkeypatch.setattr(reader.wire, "ask", delayed)  # type: ignore[attr-defined]
        await whole(reader, memory)
        await memory.catch_up(reader)
        assert told(memory.facts) == expected(sim)
        assert warned
        await reader.close()


async def test_a_key_that_is_refused_as_a_whole_is_no_matter_of_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken", history_hours=0.2) as sim:
        reader, memory = reader_of(sim, tmp_path), Memory()
        await reader.connect()
        ask = reader.wire.ask  # type: ignore[attr-defined]

        async def revoked(section: str, path: str, *rest: object, **named: object) -> object:
            sim.revoke_key(path == "DepositStatus")
            return await ask(section, path, *rest, **named)

        monkeypatch.setattr(reader.wire, "ask", revoked)  # type: ignore[attr-defined]
        with pytest.raises(KeyRejected):
            await whole(reader, memory)
        await reader.close()


async def test_what_was_kept_read_again_comes_to_the_same_facts(tmp_path: Path) -> None:
    async with simulated("kraken", history_hours=1.0) as sim:
        sim.world.move("withdrawal", "BTC", Decimal("-0.25"), fee=Decimal("0.0001"))
        sim.stage.mark()
        reader, memory = reader_of(sim, tmp_path), Kept()
        await reader.connect()
        await whole(reader, memory)
        rows = [
            RawRow(account="demo", received_ns=one.received_ns, source="rest", channel=one.channel, raw=one.raw, id=n)
            for n, one in enumerate(memory.heard, start=1)
        ]
        rereader, again = reader.rereader(), dict[str, Event]()
        rereader.learn(rows)
        for heard in rereader.read(rows):
            assert heard.unreadable == ()
            for event in heard.events:
                name = identity(event)
                again[name] = merge(again[name], event) if name in again else event
        assert again == memory.facts
        assert told(again) == expected(sim)
        await reader.close()
