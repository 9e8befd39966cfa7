"""What the figures lack is counted, named and shown, with the first fact at which it occurred; nothing halts.

A ``Noted`` is the record in the state: one for each thing that is wrong, however often it occurs, so that a state does
not grow with its history. ``to_issue`` makes the sentence.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import format_time
from account_cli.ledger.figures import Issue

Code = Literal[
    "missing-price", "unknown-fee", "unknown-cost", "negative-balance", "unclassified", "adjustment",
    "unknown-instrument", "unusable-fill",
]  # fmt: skip


class Noted(msgspec.Struct, array_like=True):
    """``count`` occurrences of ``code`` about ``about`` since ``first_ns``; ``amount`` adds up what it is about."""

    code: Code
    about: str
    count: int
    amount: Decimal
    first_ns: int
    first: str


def note(book: dict[str, Noted], code: Code, about: str, time_ns: int, first: str, amount: Decimal = ZERO) -> None:
    """Count an occurrence; the first one is remembered."""
    key = f"{code}:{about}"
    old = book.get(key)
    if old is None:
        book[key] = Noted(code, about, 1, amount, time_ns, first)
    else:
        book[key] = Noted(code, about, old.count + 1, old.amount + amount, old.first_ns, old.first)


_TEXTS: dict[Code, tuple[str, str]] = {
    "missing-price": (
        "no price of {about} within 5 minutes of {count} fee(s), {amount} in all; first at {when} ({first})",
        "acct import a file with a price line for {about} at that time",
    ),
    "unknown-fee": (
        "the exchange did not say the fee, or its asset, of {count} fill(s) of {about}; first at {when} ({first})",
        "acct poll, to ask the exchange again, or acct import the fills with their fees",
    ),
    "unknown-cost": (
        "{amount} of {about} went at a cost nobody knows, {count} time(s); first at {when} ({first})",
        "acct import the older history, or acct lots set-cost",
    ),
    "negative-balance": (
        "the balance {about} fell below zero, to {amount}, at {when} by {first}: something before is missing",
        "acct import the older history or the missing deposit",
    ),
    "unclassified": (
        "{count} ledger row(s) of a type acct does not know, {about}, {amount} in all; first at {when} ({first})",
        "look at them with acct show, and report the type so that it can be classified",
    ),
    "adjustment": (
        "{amount} of {about} was adjusted without an explanation at {when} ({first})",
        "acct reconcile, or acct import what is missing",
    ),
    "unknown-instrument": (
        "{count} fact(s) of {about}, a market acct knows nothing of, are left out; first at {when} ({first})",
        "acct import a file with an instrument line for {about}",
    ),
    "unusable-fill": (
        "{count} fill(s) of {about} without a usable price or quantity are left out; first at {when} ({first})",
        "acct import the fill again with its price and quantity",
    ),
}


def to_issue(key: str, noted: Noted) -> Issue:
    """Say what is wrong and what a person can do."""
    text, action = _TEXTS[noted.code]
    values = {
        "about": noted.about,
        "count": noted.count,
        "amount": plain(noted.amount),
        "when": format_time(noted.first_ns),
        "first": noted.first,
    }
    return Issue(key, noted.code, text.format(**values), action.format(**values), noted.first_ns)


def holding_issue(asset: str, quantity: Decimal, opened_ns: int | None) -> Issue:
    """An issue for what is still held at an unknown cost."""
    return Issue(
        f"unknown-cost-held:{asset}",
        "unknown-cost-held",
        f"{plain(quantity)} {asset} held has no known cost",
        "acct import the older history, or acct lots set-cost",
        opened_ns,
    )


def lot_issue(lot: str, time_ns: int, by: str) -> Issue:
    """An issue for a cost that was given to a lot which never came or had been used up."""
    return Issue(
        f"unknown-lot:{lot}",
        "unknown-lot",
        f"a cost was given to the lot {lot}, which does not exist or was used up before ({by})",
        "acct lots, to see the lots there are",
        time_ns,
    )
