"""How long one comparison of an account takes, the exchange's answers apart: compare, judge, explain, put into a run.

The account holds ``--assets`` assets and as many open contracts; so many of each ``--differ``, and half a hundred facts
are younger than an answer may be late. ``warm`` is what a collector does every few seconds, ``cold`` what a process
does that begins from the database. Each time is the best of ``--rounds``; the ratio is to bare subtractions of the same
figures in the same run, which a busy or slow machine leaves as it is. Then half as many new facts are proved, each with
a break to be dated, and the lines of a journal of ``--lines`` are looked at, as a plain run does. Exits 1 when the
dearest of these takes longer than ``--most`` milliseconds.
Run ``python bench/reconcile.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, Fill, TransferArrived
from account_cli.domain.health import Coverage
from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.openings import settled
from account_cli.engine.proving import Proving, proven
from account_cli.engine.reconciling import reconcile
from account_cli.engine.unchanged import Sums, changed_lines, with_new_lines
from account_cli.ports import Journal
from account_cli.reconciliation import Run, Tolerance
from account_cli.storage import open_journal

NOW_NS = 1_700_000_000 * SECOND
RECENT = 50
WHOLE = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))


class Standing:
    """A clock that stands still."""

    def now_ns(self) -> int:
        return NOW_NS

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError(seconds)


def facts(count: int, first: int = 0) -> list[Event]:
    """One deposit and one open contract each, numbered from ``first`` on; the last deposits are recent."""
    made: list[Event] = []
    for n in range(first, first + count):
        at_ns = NOW_NS - (n - first - count + RECENT + 1 if n - first >= count - RECENT else 3600) * SECOND
        made.append(
            TransferArrived(
                account="a", id=f"d{n}", time_ns=at_ns, asset=f"A{n}", amount=Decimal(n + 1), type="deposit"
            )
        )
        made.append(
            Fill(account="a", id=f"t{n}", time_ns=NOW_NS - 7200 * SECOND, order_id=f"o{n}", symbol=f"A{n}/USDT:USDT",
                 side="buy", price=Decimal("100.5"), quantity=Decimal(n + 1), fees=(), settle="USDT", wallet="futures")
        )  # fmt: skip
    return made


def stated(count: int, differ: int) -> tuple[BalancesSeen, PositionsSeen]:
    """What the exchange states, the first ``differ`` of each otherwise than the facts say."""
    off = [Decimal("0.5") if n < differ else Decimal(0) for n in range(count)]
    balances = [Balance(asset=f"A{n}", total=n + 1 + off[n]) for n in range(count)]
    positions = [
        Position(symbol=f"A{n}/USDT:USDT", quantity=n + 1 + off[n], entry_price=Decimal("100.5")) for n in range(count)
    ]
    return (
        BalancesSeen(
            account="a",
            at_ns=NOW_NS,
            complete=True,
            rows=(*balances, Balance(asset="USDT", total=Decimal(0), wallet="futures")),
        ),
        PositionsSeen(account="a", at_ns=NOW_NS, complete=True, rows=tuple(positions)),
    )


def fastest(run: Callable[[], object], rounds: int) -> float:
    """CPU milliseconds of the fastest of several runs."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times) * 1000


def bare(count: int) -> Callable[[], object]:
    """The yardstick: as many subtractions of the same figures, and nothing else."""
    pairs = [(Decimal(n + 1), Decimal(n + 1)) for n in range(2 * count)]
    return lambda: sum(theirs - mine != 0 for mine, theirs in pairs)


def prove(journal: Journal, count: int, new: int, rounds: int) -> float:
    """Print how long it takes to prove ``new`` facts since the last checkpoint, with as many breaks to be dated."""
    ingest = Ingest(journal, Standing())
    later = [
        TransferArrived(account="a", id=f"n{n}", time_ns=NOW_NS + n, asset=f"A{n}", amount=Decimal(1), type="deposit")
        for n in range(new)
    ]
    agreed = stated(count, 0)
    balances = tuple(msgspec.structs.replace(row, total=row.total + (n < new)) for n, row in enumerate(agreed[0].rows))
    reader = journal.reader()
    follower = Follower(reader)

    def proved(whole: bool) -> Proving:
        with reader.snapshot_view():
            run = reconcile(follower, "a", now_ns=NOW_NS + 9 * SECOND, tolerance=Tolerance(), settle_ns=0)
            return proven(follower, run, whole=whole)

    ingest.write([Delivery(account="a", observations=agreed)])
    first = proved(whole=True)
    assert first.checkpoint is not None
    with journal.transaction() as tx:
        first.keep(tx, tx.put_run(msgspec.structs.replace(first.run, read_ns=NOW_NS - SECOND)))
    ingest.write([Delivery(account="a", events=tuple(later))])
    off = [msgspec.structs.replace(row, total=row.total + (n < new)) for n, row in enumerate(balances)]
    seen = msgspec.structs.replace(agreed[0], rows=tuple(off), at_ns=NOW_NS + 5 * SECOND)
    ingest.write([Delivery(account="a", observations=(seen, agreed[1]))])
    with reader.snapshot_view():
        run = reconcile(follower, "a", now_ns=NOW_NS + 9 * SECOND, tolerance=Tolerance(), settle_ns=0)
        assert len(run.items) == new
        took = fastest(lambda: proven(follower, run, whole=False), rounds)
    reader.close()
    unit = fastest(bare(count), rounds)
    print(f"{new:5} new facts and breaks proved: {took:7.1f} ms ({took / unit:6.0f} ×)")
    return took


def look(journal: Journal, lines: int, rounds: int) -> float:
    """Print how long it takes to look whether lines of a long journal were changed."""
    ingest, reader = Ingest(journal, Standing()), journal.reader()
    for first in range(0, lines, 2000):
        ingest.write([Delivery(account="a", events=tuple(facts(min(1000, (lines - first) // 2), first)))])
    head = reader.head("a")
    run = Run(account="a", at_ns=NOW_NS, version="", head=head, read_ns=NOW_NS, compared=0)
    sums = with_new_lines(reader, "a", Sums(), head, whole=True)
    took = fastest(lambda: changed_lines(reader, run, sums, whole=False), rounds)
    reader.close()
    print(f"{head:,} lines of the journal, looked at by turns: {took:7.1f} ms")
    return took


def measure(journal: Journal, count: int, differ: int, rounds: int) -> tuple[float, float]:
    """Print both times; return them, in milliseconds."""
    Ingest(journal, Standing()).write([Delivery(account="a", observations=stated(count, differ))])
    reader = journal.reader()
    follower = Follower(reader)

    def compared(by: Follower) -> Run:
        run = reconcile(by, "a", now_ns=NOW_NS, tolerance=Tolerance(), settle_ns=0)
        assert run.compared >= 2 * count
        assert len([item for item in run.items if item.state != "explained"]) == 2 * differ
        return run

    with journal.transaction() as tx:
        tx.put_run(msgspec.structs.replace(compared(follower), read_ns=NOW_NS - SECOND))
    warm, cold = fastest(lambda: compared(follower), rounds), fastest(lambda: compared(Follower(reader)), rounds)
    reader.close()
    unit = fastest(bare(count), rounds)
    told = [f"{name} {took:7.1f} ms ({took / unit:6.0f} ×)" for name, took in (("warm", warm), ("cold", cold))]
    print(f"{differ:5} of {count} differ: {', '.join(told)}")
    return warm, cold


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--differ", type=int, nargs="*", default=[0, 10, 1000])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--lines", type=int, default=40_000)
    parser.add_argument("--most", type=float, default=100.0, help="milliseconds")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(Path(folder) / "acct.db")
        Ingest(journal, Standing()).write(
            [Delivery(account="a", events=tuple(facts(asked.assets)), coverage=WHOLE, cursors=settled(WHOLE))]
        )
        times = [measure(journal, asked.assets, min(one, asked.assets), asked.rounds) for one in asked.differ]
        journal.close()
        journal = open_journal(Path(folder) / "proved.db")
        Ingest(journal, Standing()).write(
            [Delivery(account="a", events=tuple(facts(asked.assets)), coverage=WHOLE, cursors=settled(WHOLE))]
        )
        proving = prove(journal, asked.assets, asked.assets // 2, asked.rounds)
        journal.close()
        journal = open_journal(Path(folder) / "long.db")
        looking = look(journal, asked.lines, asked.rounds)
        journal.close()
    return 1 if max([proving, looking, *(took for both in times for took in both)]) > asked.most else 0


if __name__ == "__main__":
    sys.exit(main())
