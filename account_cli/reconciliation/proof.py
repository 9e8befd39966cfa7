"""Proof of balance: what was held at the last proven checkpoint, and each thing that moved it since, is what is held.

For every wallet and asset, to the last digit: opening + all lines = closing. The opening is the checkpoint's figure,
nothing before the first checkpoint. The lines are the effects of the facts that came after it, by kind of movement. A
fact that was told late, with a time before the checkpoint, or told otherwise than then, is a line of its own: the
checkpoint stays what was proven then, and says what it did not know. What contracts had realised by then and comes out
otherwise now, because of such a fact, is ``restated``. What nothing accounts for would be a bug in the ledger; it is a
line too, and such a proof proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Literal

import msgspec

from account_cli.domain.identity import OrderKey
from account_cli.domain.money import MONEY, ZERO
from account_cli.reconciliation.effects import MOVEMENTS, Effect, Movement
from account_cli.reconciliation.sides import Key, Side

FEW = 5
"""So many facts of a kind are named one by one."""

LineKind = Movement | Literal["restated", "unaccounted"]
_KINDS: tuple[LineKind, ...] = (*MOVEMENTS, "restated", "unaccounted")


class Held(msgspec.Struct, frozen=True, array_like=True):
    """So much of an asset in a wallet."""

    wallet: str
    asset: str
    amount: Decimal


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger held when all of it agreed with the exchange; what is not named is zero.

    ``head`` is the journal line it rests on, ``key`` the last of its facts, ``read_ns`` when the exchange stated its
    side; ``refolds`` counts changes behind the last fact until then, ``entries`` the exchange's own ledger entries.
    """

    account: str
    at_ns: int
    read_ns: int
    head: int
    key: OrderKey
    refolds: int
    entries: int = 0
    balances: tuple[Held, ...] = ()


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One fact by name: its identity, its time, and what it moved."""

    fact: str
    id: str
    time_ns: int
    amount: Decimal


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """All movements of one kind; ``late`` are those of facts that the checkpoint did not know, or not so.

    ``count`` is how many facts they are of, which are named where they are few.
    """

    kind: LineKind
    amount: Decimal
    count: int = 0
    late: bool = False
    first_ns: int | None = None
    last_ns: int | None = None
    facts: tuple[Moved, ...] = ()


class BalanceProof(msgspec.Struct, frozen=True, kw_only=True):
    """One asset in one wallet; ``exchange`` None is an exchange that says nothing of it."""

    wallet: str
    asset: str
    opening: Decimal
    lines: tuple[Line, ...]
    closing: Decimal
    exchange: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Exchange − closing, exactly."""
        return None if self.exchange is None else MONEY.subtract(self.exchange, self.closing)

    @property
    def adds_up(self) -> bool:
        """True when every line is accounted for."""
        return all(line.kind != "unaccounted" for line in self.lines)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The balances of an account that moved since its last checkpoint, or differ; ``still`` counts the others.

    ``since_ns`` is when that checkpoint was read, None before the first: then every fact is in the lines.
    """

    account: str
    head: int
    since_ns: int | None
    balances: tuple[BalanceProof, ...]
    still: int = 0

    @property
    def adds_up(self) -> bool:
        """True when opening and lines are the closing without a rest that nothing accounts for."""
        return all(one.adds_up for one in self.balances)


class _Sum:
    __slots__ = ("amount", "count", "facts", "first_ns", "last_ns")

    def __init__(self, effect: Effect) -> None:
        self.amount, self.count = ZERO, 0
        self.first_ns = self.last_ns = effect.time_ns
        self.facts: list[Moved] = []

    def add(self, effect: Effect) -> None:
        self.amount += effect.amount
        self.count += 1
        self.first_ns, self.last_ns = min(self.first_ns, effect.time_ns), max(self.last_ns, effect.time_ns)
        if self.count <= FEW:
            fact = Moved(fact=effect.fact, id=effect.id, time_ns=effect.time_ns, amount=effect.amount)
            self.facts.append(fact)

    def line(self, kind: Movement, *, late: bool) -> Line:
        return Line(
            kind=kind,
            amount=self.amount,
            count=self.count,
            late=late,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            facts=tuple(self.facts) if self.count <= FEW else (),
        )


def prove(
    account: str,
    head: int,
    checkpoint: Checkpoint | None,
    since: Iterable[Effect],
    late: Iterable[Effect],
    closing: Mapping[tuple[str, str], Decimal],
    exchange: Side,
    *,
    restated: bool,
) -> Proof:
    """Return the proof that ``closing`` is what was held at the checkpoint and what moved it.

    ``since`` are the effects of the facts beyond the checkpoint, ``late`` what changed behind it; ``restated`` says
    that something did. Without a checkpoint the opening is nothing and ``since`` are the effects of all facts.
    """
    sums: dict[tuple[str, str], dict[tuple[bool, Movement], _Sum]] = {}
    with localcontext(MONEY):
        for is_late, told in ((False, since), (True, late)):
            for effect in told:
                mine = sums.setdefault((effect.wallet, effect.asset), {})
                mine.setdefault((is_late, effect.kind), _Sum(effect)).add(effect)
        opening = {} if checkpoint is None else {(one.wallet, one.asset): one.amount for one in checkpoint.balances}
        keys = sorted({*sums, *closing, *opening, *((key.wallet, key.name) for key in exchange.balances or ())})
        proofs = [
            _one(key, opening.get(key, ZERO), sums.get(key, {}), closing.get(key, ZERO), exchange, restated=restated)
            for key in keys
        ]
    told_of = tuple(one for one in proofs if one.lines or one.difference)
    since_ns = None if checkpoint is None else checkpoint.read_ns
    return Proof(account=account, head=head, since_ns=since_ns, balances=told_of, still=len(proofs) - len(told_of))


def _one(
    key: tuple[str, str],
    opening: Decimal,
    sums: Mapping[tuple[bool, Movement], _Sum],
    closing: Decimal,
    exchange: Side,
    *,
    restated: bool,
) -> BalanceProof:
    lines = [found.line(kind, late=late) for (late, kind), found in sums.items()]
    rest = closing - opening - sum((line.amount for line in lines), ZERO)
    if rest:
        lines.append(Line(kind="restated" if restated else "unaccounted", amount=rest, late=restated))
    wallet, asset = key
    return BalanceProof(
        wallet=wallet,
        asset=asset,
        opening=opening,
        lines=tuple(sorted(lines, key=lambda line: (line.late, _KINDS.index(line.kind)))),
        closing=closing,
        exchange=exchange.balance(Key(wallet, asset)),
    )
