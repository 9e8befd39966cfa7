"""A proof of balance for people and programs: what was held, each kind of movement since, what is held now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.times import format_time
from account_cli.reconciliation.proof import BalanceProof, Line, Moved, Proof
from account_cli.reports.ledger_rows import StepRow


class MovedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact by name, and what it moved."""

    fact: str
    id: str
    time: int
    amount: Decimal


class MovementRow(msgspec.Struct, frozen=True, kw_only=True):
    """All movements of one kind; ``late`` are those from before the checkpoint that it did not know."""

    kind: str
    late: bool
    amount: Decimal
    count: int
    first_at: int | None
    last_at: int | None
    facts: tuple[MovedRow, ...]


class ProofRow(msgspec.Struct, frozen=True, kw_only=True):
    """One balance: opening + movements = closing, exactly; ``since_at`` is when it was proven last, None for never."""

    account: str
    wallet: str
    asset: str
    since_at: int | None
    opening: Decimal
    movements: tuple[MovementRow, ...]
    closing: Decimal
    exchange: Decimal | None
    difference: Decimal | None


def proof_rows(proofs: Sequence[Proof]) -> list[ProofRow]:
    """Return a row for each balance that moved or differs."""
    return [
        ProofRow(
            account=proof.account,
            wallet=one.wallet,
            asset=one.asset,
            since_at=proof.since_ns,
            opening=one.opening,
            movements=tuple(_movement(line) for line in one.lines),
            closing=one.closing,
            exchange=one.exchange,
            difference=one.difference,
        )
        for proof in proofs
        for one in proof.balances
    ]


def proof_steps(proof: Proof) -> list[StepRow]:
    """Return the lines of a proof, the balances one after the other."""
    return [row for one in proof.balances for row in _steps(proof, one)]


def proof_summary(proof: Proof) -> str:
    """Return in one line since when, and how many balances there is nothing to say of."""
    since = "proven for the first time" if proof.since_ns is None else f"since {format_time(proof.since_ns)}"
    still = f"; {proof.still} more did not move and agree" if proof.still else ""
    sound = "opening and lines are the closing to the last digit" if proof.adds_up else "they do not add up: a bug"
    return f"{proof.account}: balances {since}: {sound}{still}"


def _movement(line: Line) -> MovementRow:
    return MovementRow(
        kind=line.kind,
        late=line.late,
        amount=line.amount,
        count=line.count,
        first_at=line.first_ns,
        last_at=line.last_ns,
        facts=tuple(MovedRow(fact=one.fact, id=one.id, time=one.time_ns, amount=one.amount) for one in line.facts),
    )


def _steps(proof: Proof, one: BalanceProof) -> Iterator[StepRow]:
    def row(depth: int, label: str, value: Decimal, formula: str, note: str | None = None) -> StepRow:
        return StepRow(account=proof.account, depth=depth, label=label, value=value, currency=one.asset,
                       formula=formula, note=note)  # fmt: skip

    proven = "before the first fact" if proof.since_ns is None else f"proven {format_time(proof.since_ns)}"
    yield row(0, f"{one.asset} in {one.wallet}, opening", one.opening, proven)
    for line in one.lines:
        yield row(1, line.kind + (", told late" if line.late and line.count else ""), line.amount, *_why(line))
        for fact in line.facts if line.count > 1 else ():
            yield row(2, fact.id, fact.amount, format_time(fact.time_ns))
    yield row(0, f"{one.asset} in {one.wallet}, closing", one.closing, "opening + all lines")
    if one.exchange is not None:
        yield row(0, "stated by the exchange", one.exchange, "as it was read")
    if one.difference:
        yield row(0, "difference", one.difference, "exchange − closing")


def _why(line: Line) -> tuple[str, str | None]:
    if line.kind == "restated":
        return "what contracts had realised by then, worked out anew", None
    if line.kind == "unaccounted":
        return "what no fact accounts for", "a bug, please report it"
    return ("1 fact" if line.count == 1 else f"{line.count} facts"), _which(line)


def _which(line: Line) -> str:
    if line.count == 1:
        only: Moved = line.facts[0]
        return f"{only.id}, {format_time(only.time_ns)}"
    first, last = format_time(line.first_ns or 0), format_time(line.last_ns or 0)
    return first if first == last else f"{first} to {last}"
