"""What followed from the facts a moment ago, fact by fact."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from account_cli.domain.identity import order_key
from account_cli.engine.folding import load_folded
from account_cli.engine.references import StoredReferences
from account_cli.ledger import LedgerState, fold_state
from account_cli.ports import JournalReader
from account_cli.reconciliation import Earlier, followed, ledger_side

_MOST = 2000
"""Facts that are walked through: of more in so short a while only the newest."""


def earlier_sides(reader: JournalReader, account: str, since_ns: int, names: Collection[str]) -> Iterator[Earlier]:
    """Yield what each fact later than ``since_ns`` changed of the assets and symbols ``names``, as it was before.

    Oldest first.
    """
    newest = reader.events(account, since_ns=since_ns + 1, newest_first=True, limit=_MOST)
    facts = sorted(newest, key=order_key)
    if not facts:
        return
    refs = StoredReferences(reader)
    before = load_folded(reader, account, refs, at_ns=facts[0].time_ns - 1).state
    told, cells = followed(before), len(before.cells)
    for fact in facts:
        after = fold_state(before, [fact], refs)
        if changed := _changed(before, after).intersection(names):
            yield Earlier(fact.time_ns, changed, ledger_side(before, changed, told))
        before = after
        if len(before.cells) != cells:  # else no wallet came to be followed
            told, cells = followed(before), len(before.cells)


def _changed(before: LedgerState, after: LedgerState) -> frozenset[str]:
    """A state shares with the one before what did not change."""
    assets = (asset for (wallet, asset), cell in after.cells.items() if before.cells.get((wallet, asset)) is not cell)
    symbols = (line.symbol for key, line in after.lines.items() if before.lines.get(key) is not line)
    return frozenset([*assets, *symbols])
