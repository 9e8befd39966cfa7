"""The world is one for each seed, and its book adds up to the last digit."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from account_cli.simulator import NAMES, Simulator

START = 1_767_225_600_000_000_000
HOUR = 3600 * 1_000_000_000


def world(venue: str, hours: float, *, seed: int = 7) -> Simulator:
    sim = Simulator(venue, seed=seed, start_ns=START, speed=None)
    sim.run_until(START + int(hours * HOUR))
    return sim


def facts(sim: Simulator) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sim.truth("a").splitlines()]


@pytest.mark.parametrize("venue", NAMES)
def test_same_seed_and_start_give_the_same_truth(venue: str) -> None:
    assert world(venue, 3).truth() == world(venue, 3).truth()
    assert world(venue, 3).truth() != world(venue, 3, seed=8).truth()


@pytest.mark.parametrize("venue", NAMES)
def test_the_truth_does_not_depend_on_how_the_clock_is_moved(venue: str) -> None:
    stepped = Simulator(venue, start_ns=START, speed=None)
    for minute in range(0, 181, 7):
        stepped.run_until(START + minute * HOUR // 60)
    stepped.run_until(START + 3 * HOUR)
    assert stepped.truth() == world(venue, 3).truth()
    assert stepped.truth_balances() == world(venue, 3).truth_balances()


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_spot_facts_add_up_to_the_balances(seed: int) -> None:
    sim, held = world("kraken", 8, seed=seed), defaultdict[str, Decimal](Decimal)
    for fact in facts(sim):
        if fact["kind"] == "fill":
            base, quote = fact["symbol"].split("/")
            sign = 1 if fact["side"] == "buy" else -1
            quantity = Decimal(fact["quantity"])
            held[base] += sign * quantity
            held[quote] -= sign * quantity * Decimal(fact["price"])
            for fee in fact["fees"]:
                held[fee["asset"]] -= Decimal(fee["amount"])
        elif fact["kind"] in {"transfer", "reward"}:
            held[fact["asset"]] += Decimal(fact["amount"])
            if "fee" in fact:
                held[fact["fee"]["asset"]] -= Decimal(fact["fee"]["amount"])
    assert {asset: amount for asset, amount in held.items() if amount} == {
        asset: amount for asset, amount in sim.truth_balances().items() if amount
    }


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_contract_facts_add_up_to_wallet_and_positions(seed: int) -> None:
    """Average cost in exact fractions: what the venue booked as realised needs no rounding."""
    sim = world("binanceusdm", 10, seed=seed)
    sim.burst(30)
    sim.run_until(START + 12 * HOUR)
    held = defaultdict[str, Fraction](Fraction)
    quantity, cost = defaultdict[str, Fraction](Fraction), defaultdict[str, Fraction](Fraction)
    for fact in facts(sim):
        if fact["kind"] == "fill":
            symbol, price = fact["symbol"], Fraction(fact["price"])
            change = Fraction(fact["quantity"]) * (1 if fact["side"] == "buy" else -1)
            before = quantity[symbol]
            if before * change < 0:
                closed = -change if abs(change) <= abs(before) else before
                share = cost[symbol] * closed / before
                held["USDT"] += closed * price - share
                cost[symbol] += (change + closed) * price - share
            else:
                cost[symbol] += change * price
            quantity[symbol] = before + change
            for fee in fact["fees"]:
                held[fee["asset"]] -= Fraction(fee["amount"])
        elif fact["kind"] in {"transfer", "funding"}:
            held[fact["asset"]] += Fraction(fact["amount"])
    assert held == {asset: Fraction(amount) for asset, amount in sim.truth_balances().items()}
    assert {s: q for s, q in quantity.items() if q} == {s: Fraction(q) for s, q in sim.truth_positions().items()}


@pytest.mark.parametrize("venue", NAMES)
def test_the_ledger_file_is_in_order_and_in_plain_digits(venue: str) -> None:
    sim = world(venue, 4)
    lines = facts(sim)
    kinds = [line["kind"] for line in lines]
    assert kinds[: kinds.count("instrument")] == ["instrument"] * kinds.count("instrument")
    rest = lines[kinds.count("instrument") :]
    times = [(line["time"].ljust(40, "0"), line.get("seq", -1)) for line in rest]
    assert [t[0][:19] for t in times] == sorted(t[0][:19] for t in times)
    assert len({(line["kind"], line["id"], line.get("symbol"), line.get("side")) for line in rest}) == len(rest)
    for line in rest:
        for text in (line.get("price"), line.get("quantity"), line.get("amount")):
            assert text is None or text == format(Decimal(text).normalize(), "f")
        assert line["account"] == "a"
        assert line.get("wallet") == ("futures" if venue == "binanceusdm" else None)


def test_a_spot_world_has_all_that_a_spot_account_meets() -> None:
    sim = world("kraken", 12)
    lines = facts(sim)
    fills = [line for line in lines if line["kind"] == "fill"]
    assert {fill["liquidity"] for fill in fills} == {"maker", "taker"}
    assert {fee["asset"] for fill in fills for fee in fill["fees"]} >= {"USD", "BTC", "KFEE", "DOGE"}
    assert {line["type"] for line in lines if line["kind"] == "transfer"} == {"deposit", "withdrawal", "internal"}
    assert any("fee" in line for line in lines if line.get("type") == "withdrawal")
    assert any(line["kind"] == "reward" for line in lines)
    assert max(Counter((fill["time"], fill["order_id"]) for fill in fills).values()) >= 3
    assert {order.status for order in sim.world.book.orders.values()} == {"open", "closed", "canceled"}
    assert any(o.status == "canceled" and o.filled for o in sim.world.book.orders.values())
    assert all(amount >= 0 for amount in sim.truth_balances().values())


def test_a_contract_world_has_all_that_a_contract_account_meets() -> None:
    sim = world("binanceusdm", 12)
    book, lines = sim.world.book, facts(sim)
    fills = [line for line in lines if line["kind"] == "fill"]
    assert {fill["liquidity"] for fill in fills} == {"maker", "taker"}
    assert {fee["asset"] for fill in fills for fee in fill["fees"]} == {"USDT", "BNB"}
    assert any(Decimal(line["amount"]) < 0 for line in lines if line["kind"] == "funding")
    assert any(Decimal(line["amount"]) > 0 for line in lines if line["kind"] == "funding")
    signs = defaultdict[str, set[bool]](set)
    reversed_in_one = 0
    for _, position in book._position_log:
        signs[position.symbol].add(position.quantity > 0)
        reversed_in_one += bool(position.realized and position.quantity and position.fees == 0)
    assert all(len(both) == 2 for both in signs.values())
    assert reversed_in_one
    assert len(set(book.leverage.values())) > 1
    ids = Counter(fill["id"] for fill in fills)
    assert max(ids.values()) > 1, "trade ids repeat across symbols, as on the real exchange"
    assert any(order.number > 2**53 for order in book.orders.values())


def test_a_burst_fills_one_order_many_times_in_one_instant() -> None:
    for venue in NAMES:
        sim = world(venue, 1)
        order = sim.burst(250)
        mine = [fill for fill in sim.world.book.fills if fill.order_id == order]
        assert len(mine) == 250
        assert len({fill.time_ns for fill in mine}) == 1
        sim.run_until(START + 3 * HOUR)


def test_times_lie_on_the_grid_that_every_telling_of_the_venue_can_carry() -> None:
    for venue, grain in (("kraken", 100_000), ("binanceusdm", 1_000_000)):
        book = world(venue, 2).world.book
        assert all(fill.time_ns % grain == 0 for fill in book.fills)
        assert all(entry.time_ns % grain == 0 for entry in book.entries)


def test_the_account_can_be_seen_as_it_was() -> None:
    sim = world("kraken", 2)
    book = sim.world.book
    n, balances = book.n, dict(book.balances)
    opened = [order.id for order in book.open.values()]
    sim.run_until(START + 4 * HOUR)
    then = book.at(n)
    assert then.balances == balances
    assert [order.id for order in then.open_orders] == opened
    assert len(then.fills) < len(book.fills)
