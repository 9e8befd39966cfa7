"""Everything that is kept is worked out again from the facts alone, and must come out the same.

The fold goes once over all facts, in steps; at the place of every stored snapshot it is compared with it, and every
stretch of kept closings with what the same stretch realises now. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from account_cli.domain.identity import OrderKey
from account_cli.domain.money import plain
from account_cli.engine.folding import (
    END,
    METHOD,
    OTHER_METHODS,
    RULES_MARK,
    START,
    STEP,
    after,
    are_kept,
    begin,
    kept_rows,
    load_folded,
    rows_of,
    steps,
)
from account_cli.engine.refolding import Restatement
from account_cli.ledger import RULES, LedgerState, References, empty, load
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName
from account_cli.ports import JournalReader, Snapshot


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A kept figure that came out differently; ``old`` is what was kept, ``new`` what follows from the facts."""

    account: str
    what: str
    old: str
    new: str


class Checked(msgspec.Struct, kw_only=True):
    """What came of folding one account again."""

    account: str
    facts: int = 0
    changed: list[Changed] = []


def check(reader: JournalReader, account: str, refs: References) -> Checked:
    """Fold all facts of an account again, by every method that something is kept of, and compare."""
    found = Checked(account=account)
    rules = reader.marks(account).get(RULES_MARK, str(RULES))
    if rules != str(RULES):
        found.changed.append(Changed(account=account, what="accounting rules", old=rules, new=str(RULES)))
    _check(reader, account, refs, METHOD, found, END)
    for method in OTHER_METHODS:
        furthest = reader.load_snapshot(account, RULES, method)
        if furthest is not None:
            _check(reader, account, refs, method, found, furthest.last_key)
    return found


def _check(
    reader: JournalReader, account: str, refs: References, method: MethodName, found: Checked, until: OrderKey
) -> None:
    restatement = Restatement()
    folded = msgspec.structs.replace(begin(reader, account, method, START), state=empty(account, method))
    for snapshot in [*_snapshots(reader, account, method), None]:
        bound = until if snapshot is None else snapshot.last_key
        since = folded.last_key
        for step, closings in steps(folded, reader.events_after(account, since, bound), refs, STEP):
            _compare(reader, account, method, folded.last_key, step.last_key, closings, restatement)
            folded = step
        if snapshot is not None:
            what = f"snapshot by {method} after {snapshot.last_key[2]}"
            _compare_states(found, what, load(snapshot.state), folded.state)
    if method == METHOD:
        _compare(reader, account, method, folded.last_key, END, [], restatement)
        found.facts = folded.since_snapshot
        _compare_states(found, "state", load_folded(reader, account, refs).state, folded.state)
    for one in restatement.results():
        what = f"{one.symbol} realised by {method} in {one.closings} closing(s), {one.currency}"
        found.changed.append(Changed(account=account, what=what, old=plain(one.old), new=plain(one.new)))
    if restatement.added:
        what = f"facts with closings by {method} that were not kept"
        found.changed.append(Changed(account=account, what=what, old="0", new=str(restatement.added)))


def _compare(
    reader: JournalReader,
    account: str,
    method: MethodName,
    beyond: OrderKey,
    until: OrderKey,
    closings: Sequence[Closing],
    told: Restatement,
) -> None:
    """Compare the kept closings of ``(beyond, until]`` with these."""
    kept = reader.kept_within(account, method, after(beyond), until)
    if not are_kept(kept, closings):
        told.compare(rows_of(kept), kept_rows(closings))


def _compare_states(found: Checked, what: str, old: LedgerState, new: LedgerState) -> None:
    for name, mine, theirs in (
        ("figures", old.totals(), new.totals()),
        ("lots", old.lots(), new.lots()),
        ("issues", old.issues(), new.issues()),
        ("balances", sorted(old.balances().items()), sorted(new.balances().items())),
    ):
        if mine == theirs:
            continue
        pairs = zip_longest(mine, theirs)
        was, now = next((a, b) for a, b in pairs if a != b)
        changed = Changed(account=found.account, what=f"{what}: {name}", old=_said(was), new=_said(now))
        found.changed.append(changed)


def _said(figure: object) -> str:
    """Return the first figure that differs in words, nothing where there is none."""
    return "nothing" if figure is None else str(figure)


def _snapshots(reader: JournalReader, account: str, method: MethodName) -> list[Snapshot]:
    """Return every stored snapshot under the present rules, by place."""
    found: list[Snapshot] = []
    at_most: OrderKey | None = None
    while (one := reader.load_snapshot(account, RULES, method, at_most=at_most)) is not None:
        found.append(one)
        time_ns, seq, name = one.last_key
        at_most = (time_ns, seq, name[:-1]) if name else (time_ns, seq - 1, END[2])
    return found[::-1]
