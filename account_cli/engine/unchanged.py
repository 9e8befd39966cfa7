"""Journal lines never change: of every thousand of them a sum is kept, so that one changed by hand is found.

The exchange finds a changed amount only where it tells that fact again, and a balance only once the ledger was worked
out anew. The sums say it at once. They are written down as lines come and never worked out again, but to compare.
They guard against a slip and a broken disk, not against somebody who means to deceive and works them out anew.
"""

from __future__ import annotations

import msgspec

from account_cli.ports import JournalReader, JournalTx
from account_cli.ports.proofs import LINES
from account_cli.reconciliation import Cause, Item, Run

_MARK = "lines"
_MOST = 20_000
"""Lines that are added at once where nobody asked for a thorough look."""


class Sums(msgspec.Struct, frozen=True):
    """Of the first ``head`` lines: the sum of each ``LINES`` of them, see ``ProofReader.line_sums``."""

    head: int = 0
    sums: tuple[int, ...] = ()

    def keep(self, tx: JournalTx, account: str, before: Sums) -> None:
        """Write them down, unless somebody else wrote others since ``before`` was read."""
        if self != before and kept_sums(tx, account) == before:
            tx.put_marks(account, {_MARK: msgspec.json.encode(self).decode()})


def kept_sums(reader: JournalReader, account: str) -> Sums:
    """Return what was written down last."""
    told = reader.marks(account).get(_MARK)
    return msgspec.json.decode(told, type=Sums) if told else Sums()


def with_new_lines(reader: JournalReader, account: str, before: Sums, head: int, *, whole: bool) -> Sums:
    """Return the sums of all lines up to ``head``; of a great many new ones the first, unless ``whole``."""
    if not whole:
        head = min(head, before.head + _MOST)
    if head <= before.head:
        return before
    sums = dict(enumerate(before.sums))
    for place, added in reader.line_sums(account, before.head, head).items():
        sums[place] = (sums.get(place, 0) + added) % 2**64
    return Sums(head, tuple(sums.get(place, 0) for place in range(max(sums) + 1)) if sums else ())


def changed_lines(reader: JournalReader, run: Run, kept: Sums) -> list[Item]:
    """Return an item for each thousand lines that are not what they were when they were stored; reads them all."""
    now = reader.line_sums(run.account, 0, kept.head)
    places = [place for place, before in enumerate(kept.sums) if now.get(place, 0) != before]
    known = {item.slot: item for item in run.items if item.kind == "journal"}
    found = []
    for place in places:
        item = _item(place * LINES + 1, min((place + 1) * LINES, kept.head), run.at_ns)
        found.append(known.get(item.slot, item))
    return found


def _item(first: int, last: int, now_ns: int) -> Item:
    text = (
        f"lines {first} to {last} of the journal are not what was stored there: changed or removed in the database;"
        " put back a backup of it, or collect into a new one"
    )
    return Item(
        kind="journal",
        wallet="",
        key=f"lines from {first} on",
        local=None,
        exchange=None,
        state="unexplained",
        since_ns=now_ns,
        causes=(Cause(name="changed", sure="found", text=text),),
        hints=(text,),
    )
