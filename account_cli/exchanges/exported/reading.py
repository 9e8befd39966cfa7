"""Which exchange's file is which, by its header; and which rows without ids the API has told already."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from account_cli.domain.health import Coverage, DataKind, scopes
from account_cli.domain.instruments import Instrument
from account_cli.errors import InputError
from account_cli.exchanges.exported import binance, bitmex, kraken
from account_cli.exchanges.exported.cells import Row, names_of
from account_cli.exchanges.exported.told import Told, ToldFact

Venue = Literal["kraken", "binance", "bitmex"]


class FileKind(NamedTuple):
    """A file that an exchange gives: whose it is, what is in it, the columns that tell it."""

    venue: Venue
    name: str
    columns: frozenset[str]


KINDS = (
    FileKind("kraken", "trades", kraken.TRADES),
    FileKind("kraken", "ledgers", kraken.LEDGERS),
    FileKind("binance", "transactions", binance.HISTORY),
    FileKind("bitmex", "executions", bitmex.TRADES),
    FileKind("bitmex", "wallet", bitmex.WALLET),
)


def kind_of(first_line: str) -> FileKind | None:
    """Return what a file is by its first line; None when it is no exchange's."""
    cells = next(csv.reader([first_line]), [])
    header = frozenset(names_of(cells))
    return next((kind for kind in KINDS if kind.columns <= header), None)


def read(
    venue: Venue,
    account: str,
    files: Mapping[str, Iterable[Row]],
    markets: Mapping[str, Instrument],
    known_trades: Sequence[int],
) -> Told:
    """Return what the files of one exchange tell together; ``files`` are rows by the name of their kind."""
    if venue == "kraken":
        return kraken.read(account, files.get("ledgers", ()), files.get("trades", ()), markets)
    if venue == "binance":
        return binance.read(account, files.get("transactions", ()))
    return bitmex.read(account, files.get("wallet", ()), files.get("executions", ()), known_trades)


def uncovered(facts: Iterable[ToldFact], coverage: Sequence[Coverage]) -> tuple[list[ToldFact], int]:
    """Return the facts that count, and how many are left out: without an id, where the API told all there was.

    Raises ``InputError`` for a fact of a wallet that the account's API does not tell of at all: whether it is known, by
    another account perhaps, cannot be said.
    """
    known = scopes(coverage)
    left, out = [], 0
    for fact in facts:
        if known and not fact.own_id and fact.event.wallet in binance.ELSEWHERE:
            raise InputError(
                f"is of the wallet {fact.event.wallet}, of which this account's API tells nothing",
                file=fact.file,
                line=fact.line,
                hint="export Spot alone, or import into an account of its own: --account NAME",
            )
        if not fact.own_id and _is_covered(fact, known):
            out += 1
        else:
            left.append(fact)
    return left, out


def _is_covered(fact: ToldFact, known: Mapping[tuple[DataKind, str], list[Coverage]]) -> bool:
    """True where every history that this fact may be part of is known at its time."""
    mine = {scope: parts for (kind, scope), parts in known.items() if kind == fact.kind}
    named = [scope for scope in fact.scopes or () if scope in mine]
    asked = [mine[scope] for scope in named] or list(mine.values())
    return bool(asked) and all(any(_holds(part, fact.event.time_ns) for part in parts) for parts in asked)


def _holds(part: Coverage, at_ns: int) -> bool:
    ends = [end for end in (part.until_ns, part.asked_ns) if end is not None]
    return part.since_ns <= at_ns and bool(ends) and at_ns <= max(ends)
