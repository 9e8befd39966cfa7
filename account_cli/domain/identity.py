"""Which two tellings are the same fact, what the second may add, and in what order facts stand.

Identity is account, wallet, kind and id; for a fill also symbol, order id and side, because exchanges repeat trade ids
across symbols and across the two sides of a self-trade. The account is kept apart by whoever stores identities, so
``identity`` leaves it out.

``merge`` is a join: telling it in any order, any number of times, gives the same fact. That is what makes delivery
order irrelevant (law 1 of the ledger).
"""

from __future__ import annotations

import msgspec

from account_cli.domain.events import Event, Fill
from account_cli.domain.times import MILLISECOND

OrderKey = tuple[int, int, str]

_SAME_INSTANT = MILLISECOND
"""REST and stream give one fact's time with different numbers of digits; less than this apart is the same instant."""


class Conflict(ValueError):
    """Two tellings of one fact contradict each other in ``field``."""

    def __init__(self, field: str, old: object, new: object) -> None:
        super().__init__(f"field {field!r} was {old!r} and is now {new!r}")
        self.field, self.old, self.new = field, old, new


def kind_of(event: Event) -> str:
    """Return the fact's kind as the ledger file names it, for example ``fill``."""
    tag = type(event).__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def identity(event: Event) -> str:
    """Return the name that all tellings of this fact within its account share; it never holds the character 0."""
    if isinstance(event, Fill):
        name = f"{event.wallet}|fill|{event.id}|{event.symbol}|{event.order_id}|{event.side}"
        bars = 5
    else:
        name = f"{event.wallet}|{kind_of(event)}|{event.id}"
        bars = 2
    if name.count("|") == bars and "\\" not in name and "\0" not in name:
        return name  # as nearly always: there is nothing to escape
    parts = [event.wallet, kind_of(event), event.id]
    if isinstance(event, Fill):
        parts += [event.symbol, event.order_id, event.side]
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|").replace("\0", "\\0") for part in parts)


def order_key(event: Event) -> OrderKey:
    """Return what facts are put in order by: time, then the exchange's own order, then identity."""
    return (event.time_ns, -1 if event.seq is None else event.seq, identity(event))


def merge(old: Event, new: Event) -> Event:
    """Return what two tellings of one fact say together; ``old`` itself when the second adds nothing.

    A field that was None may be completed. Numbers are compared by value, not by digits. Of two times less than a
    millisecond apart the one with more digits stays. A fill that one telling calls a ``trade`` and another a forced one
    was forced: not every telling knows. Raises ``Conflict`` for anything else.
    """
    if type(old) is not type(new) or old == new:
        if type(old) is not type(new):
            raise Conflict("kind", kind_of(old), kind_of(new))
        return old
    changes: dict[str, object] = {}
    for field in old.__struct_fields__:
        mine, theirs = getattr(old, field), getattr(new, field)
        if mine == theirs or theirs is None:
            continue
        if mine is None:
            changes[field] = theirs
        elif field == "type" and isinstance(old, Fill) and "trade" in (mine, theirs):
            if mine == "trade":
                changes[field] = theirs
        elif field == "time_ns" and abs(mine - theirs) < _SAME_INSTANT:
            if _finer(theirs, mine):
                changes[field] = theirs
        else:
            raise Conflict(field, mine, theirs)
    return msgspec.structs.replace(old, **changes) if changes else old


def _finer(a: int, b: int) -> bool:
    """True when time ``a`` has more digits than ``b``; of two with as many, the smaller."""
    digits_a, digits_b = len(str(a).rstrip("0")), len(str(b).rstrip("0"))
    return (digits_a, -a) > (digits_b, -b)
