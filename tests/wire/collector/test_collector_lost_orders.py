"""Orders that ended while nobody listened, longer ago than Kraken's list of the last ones reaches, are asked for."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.collector.lost_orders import CURSOR
from account_cli.domain.health import DataKind
from account_cli.domain.observations import Order
from account_cli.engine.follow import Follower
from account_cli.engine.reconciling import reconcile
from account_cli.ports import JournalReader
from account_cli.reconciliation import Tolerance
from account_cli.simulator import Simulator
from tests.wire.collector.crew import CLOCK, desk, reader_on, simulated

ALL: frozenset[DataKind] = frozenset({"balances", "positions", "orders", "fills", "transfers"})
D = Decimal


def place(sim: Simulator, quantity: str = "0.5") -> str:
    return sim.world.place("BTC/USD", "buy", "limit", D(quantity), price=D("100.0")).id


def trade(sim: Simulator, order_id: str, quantity: str) -> None:
    with sim.world.arithmetic():
        sim.world.fill(order_id, D(quantity), D("100.0"), maker=True)


def others_end(sim: Simulator, count: int = 60) -> None:
    for _ in range(count):
        sim.world.cancel(place(sim))
    sim.stage.mark()


def queried(sim: Simulator) -> list[list[str]]:
    return [request.params["txid"].split(",") for request in sim.requests if request.path.endswith("/QueryOrders")]


def known(memory: JournalReader) -> dict[str, Order]:
    return {order.id: order for order in memory.orders("main", only_open=False)}


def unclear(memory: JournalReader) -> list[tuple[str, str]]:
    run = reconcile(Follower(memory), "main", now_ns=CLOCK.now_ns(), tolerance=Tolerance(), settle_ns=0)
    assert run.compared
    return [(item.key, item.state) for item in run.items if item.kind == "order"]


async def test_how_an_order_ended_is_asked_for_once_and_is_then_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated("kraken", hours=0.5) as sim, desk(tmp_path) as here:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            asking = here.asking(reader)
            filled, cut, canceled = place(sim), place(sim), place(sim)
            sim.stage.mark()
            await asking.everything(ALL)
            await asking.back_to_the_start()
            for _ in range(3):
                await asking.everything(ALL)
            assert {filled, cut, canceled} <= {order.id for order in here.memory.orders("main")}
            assert queried(sim) == []
            trade(sim, filled, "0.5")
            trade(sim, cut, "0.125")
            sim.world.cancel(cut)
            sim.world.cancel(canceled)
            others_end(sim)
            await asking.everything(ALL)
            assert [sorted(ids) for ids in queried(sim)] == [sorted([filled, cut, canceled])]
            ends = {name: (order.status, order.filled) for name, order in known(here.memory).items()}
            assert ends[filled] == ("closed", D("0.5"))
            assert ends[cut] == ("canceled", D("0.125"))
            assert ends[canceled] == ("canceled", D(0))
            assert unclear(here.memory) == []
            await asking.everything(ALL)
            assert len(queried(sim)) == 1
            assert sim.violations == []
        finally:
            await reader.close()


async def test_an_order_that_the_exchange_forgot_is_asked_for_once_by_whatever_process(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.5) as sim, desk(tmp_path) as here:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            lost = [place(sim) for _ in range(70)]
            sim.stage.mark()
            await here.asking(reader).everything(ALL)
            for name in lost:
                sim.world.cancel(name)
            others_end(sim)
            for name in lost:
                del sim.world.book.orders[name]
            for _ in range(4):
                await here.asking(reader).everything(ALL)
            assert [len(ids) for ids in queried(sim)] == [50, 20], "fifty at once, the rest the next time"
            assert {name for ids in queried(sim) for name in ids} == set(lost)
            assert {known(here.memory)[name].status for name in lost} == {"open"}
            assert CURSOR in here.memory.cursors("main")
        finally:
            await reader.close()


async def test_what_fails_is_tried_again_and_an_exchange_that_cannot_be_asked_so_is_left_alone(tmp_path: Path) -> None:
    async with simulated("kraken", hours=0.5) as sim, desk(tmp_path) as here:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            name = place(sim)
            sim.stage.mark()
            asking = here.asking(reader)
            await asking.everything(ALL)
            sim.world.cancel(name)
            others_end(sim)
            ask = reader.wire.ask  # type: ignore[attr-defined]

            async def busy(section: str, path: str, *rest: object, **named: object) -> object:
                sim.http_fault(int(path == "QueryOrders"), "error")
                return await ask(section, path, *rest, **named)

            reader.wire.ask = busy  # type: ignore[attr-defined]
            await asking.everything(ALL)
            assert known(here.memory)[name].status == "open"
            reader.wire.ask = ask  # type: ignore[attr-defined]
            await asking.everything(ALL)
            assert known(here.memory)[name].status == "canceled"
        finally:
            await reader.close()
    async with simulated("binance", hours=0.5) as sim, desk(tmp_path / "other") as here:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            order = sim.world.place("BTC/USDT", "buy", "limit", D("0.5"), price=D("100.00"))
            sim.stage.mark()
            await here.asking(reader).everything(ALL)
            sim.world.cancel(order.id)
            del sim.world.book.orders[order.id]
            for _ in range(2):
                await here.asking(reader).everything(ALL)
            assert known(here.memory)[order.id].status == "open"
            assert CURSOR not in here.memory.cursors("main")
        finally:
            await reader.close()
