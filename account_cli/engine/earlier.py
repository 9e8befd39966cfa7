"""What followed from the facts a moment ago, fact by fact."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from account_cli.domain.identity import order_key
from account_cli.engine.folding import load_folded
from account_cli.engine.references import StoredReferences
from account_cli.ledger import fold_state
from account_cli.ports import JournalReader
from account_cli.reconciliation import Side, ledger_side

_MOST = 2000
"""Facts that are walked through: of more in so short a while only the newest."""


def earlier_sides(
    reader: JournalReader, account: str, since_ns: int, names: Collection[str]
) -> Iterator[tuple[int, Side]]:
    """Yield the ledger's side as it was before each fact later than ``since_ns``, and the time of that fact.

    Oldest first; of the assets and symbols ``names`` only.
    """
    newest = reader.events(account, since_ns=since_ns + 1, newest_first=True, limit=_MOST)
    facts = sorted(newest, key=order_key)
    if not facts:
        return
    refs = StoredReferences(reader)
    state = load_folded(reader, account, refs, at_ns=facts[0].time_ns - 1).state
    for fact in facts:
        yield fact.time_ns, ledger_side(state, names)
        state = fold_state(state, [fact], refs)
