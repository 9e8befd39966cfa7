"""What a catch-up found, in words: ``2 fills and 1 transfer back-filled``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from account_cli.collector.delivery import Receipt
from account_cli.domain.identity import kind_of
from account_cli.ports import JournalReader

_WORDS = {
    "fill": ("fill", "fills"),
    "transfer": ("transfer", "transfers"),
    "funding": ("funding payment", "funding payments"),
    "interest": ("interest payment", "interest payments"),
    "reward": ("reward", "rewards"),
    "rebate": ("rebate", "rebates"),
    "fee": ("fee", "fees"),
    "conversion": ("conversion", "conversions"),
    "borrow": ("loan entry", "loan entries"),
    "settlement": ("settlement", "settlements"),
    "adjustment": ("adjustment", "adjustments"),
}


def kinds_of(receipts: Iterable[Receipt]) -> Counter[str]:
    """Return how many new facts of each kind these deliveries brought."""
    counted: Counter[str] = Counter()
    for receipt in receipts:
        counted.update(receipt.kinds)
    return counted


def kinds_since(memory: JournalReader, account: str, line: int) -> Counter[str]:
    """Return how many facts of each kind became known after this line of the journal, whoever told them."""
    return Counter(kind_of(entry.event) for entry in memory.entries_since(account, line) if not entry.revision)


def in_words(counted: Counter[str]) -> str | None:
    """Return how many new facts of each kind there were, fills first; None when there was nothing new."""
    known = [kind for kind in _WORDS if counted[kind]]
    parts = [f"{counted[kind]:,} {_WORDS[kind][counted[kind] != 1]}" for kind in known]
    others = sum(number for kind, number in counted.items() if kind not in _WORDS)
    if others:
        parts.append(f"{others:,} other fact{'s' * (others != 1)}")
    if len(parts) > 1:
        parts = [", ".join(parts[:-1]) + " and " + parts[-1]]
    return parts[0] if parts else None


def told_of(why: str | None, found: str | None) -> str:
    """Return the notice of a catch-up that is done; ``why`` is None for the first one of all."""
    if why is None:
        return f"live, {found} caught up" if found else "live"
    done = {"start": "reconnected", "gap": "looked for what was lost"}.get(why, "moved to a new connection")
    return f"{done}: {found} back-filled" if found else f"{done}: nothing was missed"
