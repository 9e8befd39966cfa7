"""A history copied from any database to any other is the same history, to the last digit; or there is no copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.events import FundingPaid, PriceQuoted
from account_cli.errors import DiskFull, InternalError, StorageError
from account_cli.ports import Entry, Journal
from account_cli.ports.location import Location
from account_cli.storage import copying, open_journal, open_reader
from account_cli.storage.copying import Table, copy, tables
from account_cli.storage.opening import connect_reading
from account_cli.storage.schema import AMOUNT, INTEGER, metadata
from tests.services import DATABASES

ODD = ("", "plain", "tab\tline\nreturn\rslash\\N \\. end", "é ü 漢 \U0001f600", "'quoted', \"doubly\"", "\x01\x7f")
PRICES = ("1.50", "1E-8", "0.000001", "100", "123456789012345678901234567890.123456789012345678901234567890", "0", "-3")
MANY = 7


def silent(_doing: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def value(column: Any, number: int) -> object:
    """Return what tries a column's type: each row something else, and NULL where it may be."""
    if column.nullable and number % 2:
        return None
    if column.type is AMOUNT:
        return PRICES[number % len(PRICES)]
    if column.type is INTEGER:
        if column.primary_key or column.table.name == "journal":
            return number + 1
        return (0, 2**63 - 1, -(2**63), 1_700_000_000_000_000_001)[number % 4]
    if str(column.type) == "BLOB":
        return bytes(range(number, 256))
    return f"{ODD[number % len(ODD)]}{number}"


def fill(location: Location) -> None:
    """Put rows into every table; they need not mean anything."""
    with closing(connect(location)) as database:
        database.begin(writing=True)
        for table in tables():
            columns = metadata.tables[table.name].columns
            rows = [tuple(value(column, number) for column in columns) for number in range(MANY)]
            database.pour(table.name, table.columns, rows)
        database.commit()


def connect(location: Location) -> Any:
    return open_journal(location)._db  # type: ignore[attr-defined]


def content(location: Location) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, numbers as the digits that come back."""
    with closing(connect_reading(location)) as database:
        return {table.name: [shown(row) for row in database.rows(whole(table))] for table in tables()}


def whole(table: Table) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"


def shown(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(str(cell) if isinstance(cell, Decimal) else cell for cell in row)


@pytest.fixture(params=["sqlite to postgres", "postgres to sqlite", "sqlite to sqlite", "postgres to postgres"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Location, Location]]:
    first, _, second = request.param.split()
    with ExitStack() as stack:
        folders = [tmp_path / "a", tmp_path / "b"]
        for folder in folders:
            folder.mkdir(mode=0o700)
        source, target = (
            stack.enter_context(DATABASES[kind](folder)) for kind, folder in zip((first, second), folders, strict=True)
        )
        open_journal(source).close()
        yield source, target


def test_every_row_of_every_table_arrives_with_its_digits(pair: tuple[Location, Location]) -> None:
    source, target = pair
    fill(source)
    copied = copy(source, target, silent)
    assert content(target) == content(source)
    assert {row.table: row.rows for row in copied.tables} == dict.fromkeys((table.name for table in tables()), MANY)
    assert copied.later == 0


def test_there_and_back_again_it_is_what_it_was(pair: tuple[Location, Location], tmp_path: Path) -> None:
    source, target = pair
    fill(source)
    first = copy(source, target, silent)
    back = tmp_path / "back.db"
    assert copy(target, back, silent).tables == first.tables
    assert content(back) == content(source)


@pytest.mark.parametrize("kind", sorted(DATABASES))
def test_a_price_comes_back_with_its_digits_from_either_database(kind: str, tmp_path: Path) -> None:
    prices = [*PRICES, "1E+3"]
    with DATABASES[kind](tmp_path) as location:
        journal = open_journal(location)
        quotes = [
            PriceQuoted(time_ns=n, asset="BTC", price=Decimal(price), currency="USD", source="x")
            for n, price in enumerate(prices)
        ]
        with journal.transaction() as tx:
            tx.put_quotes(quotes)
            found = [str(quote.price) for quote in tx.quotes()]
        journal.close()
    assert found == [*PRICES, "1000"]


def test_numbers_go_on_behind_those_that_were_copied(pair: tuple[Location, Location]) -> None:
    source, target = pair
    append(open_journal(source), 3)
    copy(source, target, silent)
    append(open_journal(target), 1, after=3)
    reader = open_reader(target)
    assert [entry.n for entry in reader.entries_since("main", 0)] == [1, 2, 3, 4]
    assert reader.head("main") == 4
    reader.close()


def append(journal: Journal, count: int, *, after: int = 0) -> None:
    facts = [
        FundingPaid(account="main", id=f"F{n}", time_ns=n, symbol="A/B:B", asset="B", amount=Decimal("1.50"))
        for n in range(after + 1, after + count + 1)
    ]
    with journal.transaction() as tx:
        tx.append("main", [Entry(n=fact.time_ns, event=fact, origin="rest", heard_ns=0) for fact in facts])
    journal.close()


def test_a_target_that_holds_anything_is_refused_and_left_as_it_was(pair: tuple[Location, Location]) -> None:
    source, target = pair
    append(open_journal(source), 2)
    journal = open_journal(target)
    with journal.transaction() as tx:
        tx.put_cursors("other", {"a": "b"})
    journal.close()
    before = content(target)
    with pytest.raises(StorageError, match="is not empty: its table cursors holds rows"):
        copy(source, target, silent)
    assert content(target) == before


def test_what_ends_it_half_way_leaves_nothing_of_it(
    pair: tuple[Location, Location], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = pair
    fill(source)
    real = copying._copy_table

    def breaking(table: Table, *rest: Any) -> Any:
        if table.name == "symbols":
            raise DiskFull("no room")
        return real(table, *rest)

    monkeypatch.setattr(copying, "_copy_table", breaking)
    with pytest.raises(DiskFull):
        copy(source, target, silent)
    monkeypatch.undo()
    assert not any(content(target).values())
    copy(source, target, silent)
    assert content(target) == content(source)


def test_a_copy_that_reads_back_otherwise_is_not_kept(
    pair: tuple[Location, Location], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = pair
    fill(source)
    real = copying._copy_table

    def altering(table: Table, reading: Any, writing: Any, tell: Any) -> Any:
        row = real(table, reading, writing, tell)
        if table.name == "journal":
            writing.run("UPDATE journal SET body = body || ' ' WHERE id = 3")
        return row

    monkeypatch.setattr(copying, "_copy_table", altering)
    with pytest.raises(InternalError, match="table journal came out differently"):
        copy(source, target, silent)
    assert not any(content(target).values())


def test_it_is_of_one_instant_and_says_what_came_since(pair: tuple[Location, Location]) -> None:
    source, target = pair
    append(open_journal(source), 3)

    def meanwhile(table: Table, *rest: Any) -> Any:
        if table.name == "accounts":
            append(open_journal(source), 2, after=3)
        return real(table, *rest)

    real = copying._copy_table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "_copy_table", meanwhile)
        copied = copy(source, target, silent)
    assert copied.later == 2
    reader = open_reader(target)
    assert reader.head("main") == 3
    reader.close()


def test_what_is_said_of_the_database_itself_and_who_is_at_work_is_not_copied(pair: tuple[Location, Location]) -> None:
    source, target = pair
    for location, process in ((source, "there"), (target, "here")):
        with closing(connect(location)) as database:
            database.run("INSERT INTO features VALUES ('timescale', ?, 1)", (process,))
            database.run("INSERT INTO processes VALUES (?, 1, 0, '{}')", (process,))
            database.run("INSERT INTO leases VALUES ('main', ?, 1, 1)", (process,))
    copy(source, target, silent)
    with closing(connect(target)) as database:
        for column, table in (("value", "features"), ("id", "processes"), ("process", "leases")):
            assert database.rows(f"SELECT {column} FROM {table}") == [("here",)]


def test_a_text_that_a_server_cannot_hold_is_written_so_that_it_can(tmp_path: Path) -> None:
    source = tmp_path / "source.db"
    open_journal(source).close()
    with closing(sqlite3.connect(source)) as raw, raw:
        raw.execute(
            "INSERT INTO raws (account, received_ns, source, channel, raw, size) VALUES ('a', 1, 'ws', 'c', ?, 3)",
            ("a\0b",),
        )
    with DATABASES["postgres"](tmp_path) as target:
        copy(source, target, silent)
        reader = open_reader(target)
        assert [row.raw for row in reader.raws("a")] == ["a\\u0000b"]
        reader.close()
