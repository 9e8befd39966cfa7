"""A fold by another method is worked out when first asked for; from then on only what came since is folded.

It is kept as average cost is, snapshots and closings, but by whoever asks: in steps, each in a short transaction of its
own, so that a collector beside it never waits. A change behind what was folded meanwhile makes the rest worthless; it
is then begun again. Kept closings of such a method are true up to its furthest snapshot, and only so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from account_cli.engine.folding import (
    METHOD,
    POLICY,
    START,
    after,
    begin,
    kept_rows,
    key_of,
    read_closing,
    refolds,
    snapshot_of,
    steps,
)
from account_cli.engine.refolding import outdated_rules
from account_cli.ledger import References
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName, Policy
from account_cli.ports import Journal, JournalReader

WORTH_KEEPING = 1000
"""Facts beyond the furthest snapshot from which on it pays to store a further one."""
_STEP = 20_000
_TRIES = 3


def keep(
    reader: JournalReader, account: str, method: MethodName, refs: References, journal: Callable[[], Journal]
) -> None:
    """Store the fold of ``account`` by ``method`` as far as it is not; ``journal`` is opened only when that pays.

    Raises ``StorageError`` when it cannot be stored; what is stored by then is true.
    """
    if method == METHOD:
        return
    for _ in range(_TRIES):
        with reader.snapshot_view():
            if _keep(reader, account, method, refs, journal):
                return


def _keep(
    reader: JournalReader, account: str, method: MethodName, refs: References, journal: Callable[[], Journal]
) -> bool:
    base = begin(reader, account, method)
    since = base.last_key
    beyond = None if since == START else since
    for folded, closings in steps(base, reader.events_after(account, beyond), refs, _STEP):
        if folded.since_snapshot < WORTH_KEEPING:
            return True
        with journal().transaction() as tx:
            tx.hold(account)
            if refolds(tx, account) != base.refolds:
                return False
            tx.drop_kept(account, method, after(since), folded.last_key)
            tx.put_kept(account, method, kept_rows(closings))
            tx.put_snapshot(account, snapshot_of(folded), method)
        since = folded.last_key
    return True


def closings_of(
    reader: JournalReader,
    account: str,
    refs: References,
    method: MethodName = METHOD,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    unknown_cost: Policy = POLICY,
) -> Iterator[Closing]:
    """Yield what was realised within ``[since, until)`` in order: what is kept, then what only the tail says.

    To be used up inside one ``snapshot_view``: what is kept and the tail must be of one state.
    """
    if method == METHOD and unknown_cost == POLICY and outdated_rules(reader, account) is None:
        for _, row in reader.kept(account, method, since_ns=since_ns, until_ns=until_ns):
            yield read_closing(row)
        return
    base = begin(reader, account, method, unknown_cost=unknown_cost)
    for _, row in reader.kept(account, method, since_ns=since_ns, until_ns=until_ns):
        if row.key <= base.last_key:
            yield read_closing(row)
    beyond = None if base.last_key == START else base.last_key
    for _, closings in steps(base, reader.events_after(account, beyond), refs):
        for closing in closings:
            at = key_of(closing)[0]
            if (since_ns is None or at >= since_ns) and (until_ns is None or at < until_ns):
                yield closing
