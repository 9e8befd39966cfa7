"""Journal lines never change: of every thousand of them a sum is kept, so that one changed by hand is found.

The exchange finds a changed amount only where it tells that fact again, and a balance only once the ledger was worked
out anew. The sums say it at once. They are written down as lines come and never worked out again, but to compare: all
of them where a thorough look was asked for, else those of the newest lines and, by turns, of ten thousand more. They
guard against a slip and a broken disk, not against somebody who means to deceive and works them out anew.
"""

from __future__ import annotations

import msgspec

from account_cli.ports import JournalReader, JournalTx
from account_cli.ports.proofs import LINES
from account_cli.reconciliation import Cause, Item, Run

_MARK = "lines"
_MOST = 20_000
"""Lines that are added at once where nobody asked for a thorough look."""
_LOOKED_AT = 10
"""Sums that are looked at in turn where nobody asked for a thorough look: 16 ms, measured."""


class Sums(msgspec.Struct, frozen=True):
    """Of the first ``head`` lines: the sum of each ``LINES`` of them, see ``ProofReader.line_sums``."""

    head: int = 0
    sums: tuple[int, ...] = ()
    next: int = 0
    """The place from which the next look goes on."""

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
    told = tuple(sums.get(place, 0) for place in range(max(sums) + 1)) if sums else ()
    return Sums(head, told, before.next)


def changed_lines(reader: JournalReader, run: Run, kept: Sums, *, whole: bool) -> tuple[list[Item], Sums]:
    """Return an item for each thousand lines that are not what they were when they were stored, and what to keep.

    ``whole`` looks at all of them. Else at the newest, at those that were not as stored in ``run``, and by turns at ten
    others; what was found earlier and is not looked at now is found still.
    """
    count, known = len(kept.sums), {item.key: item for item in run.items if item.kind == "journal"}
    places = set(range(count))
    if not whole and count > _LOOKED_AT:
        turn = {(kept.next + step) % count for step in range(_LOOKED_AT)}
        places = {*turn, count - 1, *[place for place in range(count) if _key(place) in known][:_LOOKED_AT]}
        kept = msgspec.structs.replace(kept, next=(kept.next + _LOOKED_AT) % count)
    found = {key: item for key, item in known.items() if key not in {_key(place) for place in places}}
    for place in sorted(places):
        first, last = place * LINES, min((place + 1) * LINES, kept.head)
        if reader.line_sums(run.account, first, last).get(place, 0) != kept.sums[place]:
            found[_key(place)] = known.get(_key(place)) or _item(_key(place), first + 1, last, run.at_ns)
    return [*found.values()], kept


def _key(place: int) -> str:
    return f"lines from {place * LINES + 1} on"


def _item(key: str, first: int, last: int, now_ns: int) -> Item:
    text = (
        f"lines {first} to {last} of the journal are not what was stored there: changed or removed in the database;"
        " put back a backup of it, or collect into a new one"
    )
    return Item(
        kind="journal",
        wallet="",
        key=key,
        local=None,
        exchange=None,
        state="unexplained",
        since_ns=now_ns,
        causes=(Cause(name="changed", sure="found", text=text),),
        hints=(text,),
    )
