"""Killed twenty times while it corrects, or while a late fact takes a correction's place: never half, never twice."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.identity import identity
from account_cli.domain.observations import Position
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.killing import ASKED_FOR
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import deposit
from tests.unit.engine.test_correcting import PERP, perp

pytestmark = pytest.mark.slow
CHILD = """
import pathlib, sys
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import deposit

bench = CorrectBench(pathlib.Path(sys.argv[1]))
bench.clock.ns = int(sys.argv[2])
run = bench.compare()
print("ready", flush=True)
if sys.argv[3] == "correct":
    bench.keep(run, correct=True)
else:
    bench.tell([deposit(int(sys.argv[3]), "0.1", "EUR")])
"""
LEDGER = ("before_ledger_commit", "after_ledger_commit")
SEED = int(os.environ.get("ACCT_SEED", "11"))
ROUNDS = [
    *[(point, "correct") for point in (*ASKED_FOR, *LEDGER)],
    *[(point, "late") for point in LEDGER],
    *[("", "correct")] * 10,
    *[("", "late")] * 4,
]
"""Where to kill, at a random moment where it says nothing, and what is being done."""


class Held:
    """What the exchange holds; it comes to more in every round, and nobody knows why."""

    def __init__(self) -> None:
        self.usd, self.eur, self.btc = Decimal(1000), Decimal(0), Decimal(1)

    def state(self, bench: CorrectBench) -> None:
        bench.state(
            [("spot", "USD", str(self.usd)), ("spot", "EUR", str(self.eur))],
            [Position(symbol=PERP, quantity=self.btc)],
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CorrectBench]:
    bench = CorrectBench(tmp_path / "acct.db")
    bench.tell([deposit(1), perp(2, "buy", "1", "100")])
    yield bench
    bench.close()


def run_killed(bench: CorrectBench, path: Path, task: str, point: str | None, dice: random.Random) -> int:
    """Let another process do it; kill it at ``point``, at a random moment for an empty one, not at all for None."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(bench.clock.ns), task],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "ACCT_FAULT": point or ""},
    )
    with child:
        assert child.stdout is not None
        select.select([child.stdout], [], [])
        if point == "":
            time.sleep(dice.random() * 0.03)
            child.send_signal(signal.SIGKILL)
        return child.wait()


def assert_whole(bench: CorrectBench) -> None:
    """Every correction is named by the one run that made it, and every one that a run names is there."""
    named = [one.corrected for _, run in bench.reader.runs("a") for one in run.items if one.corrected is not None]
    made = [identity(one) for one in bench.reader.events("a", kinds=("adjustment",))]
    assert sorted(named) == sorted(made)
    assert check(bench.reader, "a", StoredReferences(bench.reader)).changed == []


def figures(bench: CorrectBench) -> tuple[Decimal, Decimal, Decimal]:
    (position,) = [one.quantity for one in bench.ledger().positions() if one.symbol == PERP]
    return bench.balance("USD"), bench.balance("EUR"), position


def test_killed_twenty_times_nothing_is_corrected_by_halves_or_twice(bench: CorrectBench, tmp_path: Path) -> None:
    dice, held, path = random.Random(SEED), Held(), tmp_path / "acct.db"
    ends: dict[str, list[int]] = {}
    late = 0
    for place, (point, what) in enumerate(ROUNDS):
        before = (held.usd, held.eur, held.btc)
        task = what if what == "correct" else str(place)
        if what == "correct":
            held.usd, held.eur, held.btc = held.usd + 100, held.eur + 1, held.btc + Decimal("0.5")
            held.state(bench)
            bench.keep(bench.compare())
            held.state(bench)
        late += what == "late"
        there = (held.usd, held.eur, held.btc)
        ends.setdefault(point, []).append(run_killed(bench, path, task, point, dice))
        assert_whole(bench)
        assert figures(bench) in (before, there), "all of it or nothing"
        assert run_killed(bench, path, task, None, dice) == 0, "the next start does it"
        assert figures(bench) == there
        assert_whole(bench)
    assert all(set(codes) == {-signal.SIGKILL} for point, codes in ends.items() if point), "every point was reached"
    left = sum((one.amount for one in bench.corrections() if one.asset == "EUR"), Decimal(0))
    assert left == held.eur - late * Decimal("0.1"), "late facts took their part, each once"
    assert len(bench.corrections()) == 3 * (len(ROUNDS) - late)
