"""How much the ledger costs beyond the bare arithmetic: the fold's time as a multiple of ``s += q*p - f``, same run.

The bare loop goes over the same fills, reading q, p and f from them. The second ratio is against a loop over tuples of
Decimals made before, which need not even look at a fill. Each time is the best of ``--rounds``, in CPU time of this
process, the loops taking turns; freeing what a fold returned is not in it. The third ratio is the median of the rounds'
own, each against the bare loops right before and after it, which a busy machine disturbs less. The account begins with
a deposit, so that every balance stays above zero and is watched; a small ``--deposit`` makes the watch look at every
fill, and ``--overdrawn`` leaves it out.
Run ``python bench/fold.py --fills 1000000``.
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from functools import partial
from statistics import median

from account_cli.domain.events import Amount, Event, Fill, PriceQuoted, TransferArrived
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.money import MONEY
from account_cli.ledger import dump, empty, fold, fold_state
from account_cli.ledger.state import MethodName

METHODS: tuple[MethodName, ...] = ("average", "fifo", "lifo", "hifo")


class _Markets:
    """References that know every symbol and no price."""

    def instrument(self, symbol: str) -> Instrument | None:
        return from_symbol(symbol)

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:  # noqa: ARG002  # the protocol's
        return None


def make_fills(count: int, symbols: int, contracts: bool) -> list[Event]:
    """Seeded fills with 8 decimals of quantity, 2 of price and a quote fee, over ``symbols`` markets."""
    rng = random.Random(7)
    suffix = "/USDT:USDT" if contracts else "/USDT"
    names = [f"A{i}{suffix}" for i in range(symbols)]
    held = [0] * symbols
    fills: list[Event] = []
    for i in range(count):
        which = rng.randrange(symbols)
        lots = rng.randint(1, 10**8)
        buy = rng.random() < 0.5 or (not contracts and held[which] < lots)
        held[which] += lots if buy else -lots
        price = Decimal(rng.randint(90_000, 110_000)).scaleb(-2)
        quantity = Decimal(lots).scaleb(-8)
        fee = (quantity * price * Decimal("0.001")).quantize(Decimal("1e-8"))
        fills.append(
            Fill(account="a", id=f"t{i}", time_ns=i * 10**6, order_id=f"o{i}", symbol=names[which],
                 side="buy" if buy else "sell", price=price, quantity=quantity, fees=(Amount("USDT", fee),),
                 settle="USDT" if contracts else None, wallet="futures" if contracts else "spot")
        )  # fmt: skip
    return fills


def clock(run: Callable[[], object]) -> float:
    """CPU seconds of one run; what it returns is freed after that."""
    gc.collect()
    start = time.process_time()
    result = run()
    took = time.process_time() - start
    del result
    return took


def bare(fills: list[Event]) -> Decimal:
    """The yardstick: no state, no fees, no lots."""
    s = Decimal(0)
    for fill in fills:
        s += fill.quantity * fill.price - fill.fees[0].amount  # type: ignore[union-attr, operator, index]  # all are fills
    return s


def barest(rows: list[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """The same arithmetic without the fills."""
    s = Decimal(0)
    for q, p, f in rows:
        s += q * p - f
    return s


def measure(fills: list[Event], rounds: int, before: list[Event], only: Sequence[MethodName]) -> None:
    """Print every method's ratios. ``before`` is what happened before the fills."""
    rows = [(e.quantity, e.price, e.fees[0].amount) for e in fills if isinstance(e, Fill) and e.quantity and e.fees]
    refs, facts = _Markets(), before + fills
    runs: dict[str, Callable[[], object]] = {"bare": lambda: bare(fills), "barest": lambda: barest(rows)}
    for method in only:
        runs[f"{method}, state only"] = partial(fold_state, empty("a", method), facts, refs)
        runs[f"{method}, a record per closing and lot"] = partial(fold, empty("a", method), facts, refs)
    took: dict[str, list[float]] = {name: [] for name in runs}
    paired: dict[str, list[float]] = {name: [] for name in runs}
    with localcontext(MONEY):
        for _ in range(rounds):
            around = clock(runs["bare"])
            for name, run in runs.items():
                seconds, after = clock(run), clock(runs["bare"])
                took[name].append(seconds)
                took["bare"].append(after)
                paired[name].append(seconds / ((around + after) / 2))
                around = after
    best = {name: min(times) for name, times in took.items()}
    for name, seconds in best.items():
        print(
            f"  {name:42} {seconds / len(fills) * 1e9:7.0f} ns a fill {seconds / best['bare']:6.1f} × "
            f"{seconds / best['barest']:6.1f} × {median(paired[name]):6.1f} ×"
        )
    for method in only:
        print(f"  {method:8} snapshot {len(dump(fold_state(empty('a', method), facts, refs))):,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--method", choices=METHODS, action="append", help="this method only; may be repeated")
    parser.add_argument("--market", choices=("spot", "linear"), action="append")
    parser.add_argument("--deposit", type=int, default=10**12, help="what the account begins with")
    parser.add_argument("--overdrawn", action="store_true", help="no deposit first")
    options = parser.parse_args()
    for market in options.market or ("spot", "linear"):
        contracts = market == "linear"
        fills = make_fills(options.fills, options.symbols, contracts)
        wallet = "futures" if contracts else "spot"
        deposit = TransferArrived(account="a", id="d", time_ns=0, wallet=wallet, asset="USDT",
                                  amount=Decimal(options.deposit), type="deposit")  # fmt: skip
        gc.collect()
        gc.freeze()  # the input is not what is measured: a real fold streams it
        print(f"{market}, {options.fills:,} fills")
        measure(fills, options.rounds, [] if options.overdrawn else [deposit], options.method or METHODS)


if __name__ == "__main__":
    main()
