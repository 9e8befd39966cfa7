"""``acct lots set-cost``: what a person says a lot had cost becomes a fact like any other."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.config import Config
from account_cli.domain.events import CostGiven, Event, Retracted
from account_cli.domain.identity import identity
from account_cli.engine.ingest import Ingest
from account_cli.errors import InputError
from account_cli.ports import JournalReader
from account_cli.storage import open_journal


def set_cost(config: Config, account: str, lot: str, cost: Decimal, asset: str, time_ns: int | None) -> CostGiven:
    """Record that the lot opened by the fact ``lot`` (its identity) had cost ``cost`` of ``asset`` in all.

    ``time_ns`` is the time of the lot; None is now. A cost given to the same lot before is withdrawn. Raises
    ``InputError`` for an account without facts, a negative cost, or a lot that no fact of the account opened.
    """
    clock = SystemClock()
    if cost < 0:
        raise InputError("a cost cannot be negative", field="cost")
    given: CostGiven | None = None

    def plan(reader: JournalReader) -> list[Delivery]:
        nonlocal given
        opened = reader.find(account, [lot]).get(lot)
        if opened is None:
            raise InputError(f"no fact {lot!r} in account {account!r}", hint="See `acct lots` for the lots there are.")
        when = opened.event.time_ns if time_ns is None else time_ns
        earlier = [e for e in reader.events(account, kinds=("cost_basis",)) if isinstance(e, CostGiven)]
        if any((e.lot, e.cost, e.cost_asset) == (lot, cost, asset) for e in earlier):
            given = next(e for e in earlier if (e.lot, e.cost, e.cost_asset) == (lot, cost, asset))
            return []
        withdrawn = {e.target for e in reader.events(account, kinds=("retraction",)) if isinstance(e, Retracted)}
        given = _named(account, lot, cost, asset, when, withdrawn)
        facts: list[Event] = [given]
        for old in (e for e in earlier if e.lot == lot):
            target = identity(old)
            name = f"withdraws:{old.id}"
            facts.append(Retracted(account=account, id=name, time_ns=old.time_ns, target=target, reason="replaced"))
        return [Delivery(account=account, origin="import", events=tuple(facts))]

    journal = open_journal(config.database, announces=config.redis is not None)
    try:
        Ingest(journal, clock).write_planned(plan)
    finally:
        journal.close()
    assert given is not None
    return given


def _named(account: str, lot: str, cost: Decimal, asset: str, time_ns: int, withdrawn: set[str]) -> CostGiven:
    """Name the fact by what it says, and by how often that was said and withdrawn before."""
    digest = hashlib.sha256(f"{lot}\n{cost.normalize():f}\n{asset}".encode()).hexdigest()[:16]
    turn = 0
    while True:
        name = digest if not turn else f"{digest}-{turn}"
        given = CostGiven(account=account, id=name, time_ns=time_ns, lot=lot, cost=cost, cost_asset=asset)
        if identity(given) not in withdrawn:
            return given
        turn += 1
