"""Sequences of random operations: drawn from a seed, played on a database of their own, cut down to what it takes."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import NamedTuple

from account_cli.collector.delivery import Delivery
from tests.model.happenings import ACCOUNTS, TERMS
from tests.model.operations import OPERATIONS, WEIGHTS, Machine, Op, Violated
from tests.model.virtual import MEMORY_DISK

EPISODE = 400
"""Operations on one database; what they cost grows with the facts in it."""


def drawn(seed: int, count: int) -> list[Op]:
    """Return so many operations, the same for the same seed."""
    dice = random.Random(f"operations:{seed}")
    names = dice.choices(list(OPERATIONS), weights=WEIGHTS, k=count)
    return [Op(name, dice.randrange(2**32)) for name in names]


class Played(NamedTuple):
    """What became of a sequence: how many were played, what was violated, and the journal's name."""

    operations: int
    violated: str | None
    digest: str


def play_operations(operations: list[Op], folder: Path) -> Played:
    """Play operations on an empty database in ``folder``; stops at the first violation."""
    machine = Machine(folder)
    try:
        machine.ingest.write([Delivery(account=ACCOUNTS[0], instruments=(TERMS,))])
        for place, op in enumerate(operations, 1):
            try:
                machine.do(op)
            except Exception as error:
                return Played(place, f"{op.name}: {type(error).__name__}: {error}", "")
        try:
            machine.look()
        except Violated as error:
            return Played(len(operations), f"at the end: {error}", "")
        return Played(len(operations), None, machine.digest())
    finally:
        machine.close()


def play_anew(operations: list[Op]) -> Played:
    """Play operations on a database of their own, in memory where there is a disk in memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as folder:
        return play_operations(operations, Path(folder))


def fewest(operations: list[Op]) -> list[Op]:
    """Leave out operations for as long as the rest still fails."""
    size = max(1, len(operations) // 2)
    while True:
        for start in range(0, len(operations), size):
            rest = operations[:start] + operations[start + size :]
            if play_anew(rest).violated:
                operations = rest
                break
        else:
            if size == 1:
                return operations
            size = max(1, size // 2)
