"""A file is good as a whole or nothing of it is taken; what was told before is told again without effect."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from account_cli.domain.events import Fill
from account_cli.domain.identity import order_key
from account_cli.errors import InputError
from account_cli.interchange.files import open_lines
from account_cli.interchange.importing import Plan, plan_import
from account_cli.interchange.ndjson import read_ledger, write_ledger
from account_cli.ports import Entry, Journal
from account_cli.storage import open_journal

FILL = (
    '{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-01T00:00:00Z","symbol":"BTC/USD",'
    '"side":"buy","price":"100.0","quantity":"1","fees":[{"asset":"USD","amount":"1"}],"liquidity":"taker"}'
)
BARE = FILL.replace(',"fees":[{"asset":"USD","amount":"1"}],"liquidity":"taker"', "")
DEPOSIT = (
    '{"kind":"transfer","account":"main","id":"D1","time":"2023-12-31T00:00:00Z","asset":"USD","amount":"10000",'
    '"type":"deposit"}'
)
PRICE = '{"kind":"price","time":"2024-01-01T00:00:00Z","asset":"BNB","price":"300","currency":"USD","source":"manual"}'
CONTRACT = '{"kind":"instrument","symbol":"XBTUSD","base":"BTC","quote":"USD","settle":"BTC","inverse":true}'


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    yield opened
    opened.close()


def plan(journal: Journal, *lines: str) -> Plan:
    reader = journal.reader()
    try:
        return plan_import(reader, read_ledger(lines, file="f"), file="f")
    finally:
        reader.close()


def store(journal: Journal, made: Plan) -> None:
    with journal.transaction() as tx:
        for account, facts in made.facts.items():
            head = tx.head(account)
            entries = [
                Entry(n=n, event=fact.event, origin="import", heard_ns=0, revision=fact.revision)
                for n, fact in enumerate(facts, head + 1)
            ]
            tx.append(account, entries)
        tx.put_instruments(made.instruments)
        tx.put_quotes(made.prices)


def export(journal: Journal) -> list[str]:
    reader = journal.reader()
    lines = list(write_ledger(reader.events(), reader.instruments().values(), reader.quotes()))
    reader.close()
    return lines


def test_a_plan_holds_what_is_new_in_the_order_of_facts(journal: Journal) -> None:
    made = plan(journal, FILL, PRICE, DEPOSIT, CONTRACT, FILL.replace('"main"', '"other"'))
    assert {account: len(facts) for account, facts in made.facts.items()} == {"main": 2, "other": 1}
    keys = [order_key(fact.event) for fact in made.facts["main"]]
    assert keys == sorted(keys)
    assert (made.added, made.completed, made.duplicates) == (3, 0, 0)
    assert (len(made.instruments), len(made.prices)) == (1, 1)


def test_importing_again_changes_nothing(journal: Journal) -> None:
    lines = [FILL, DEPOSIT, PRICE, CONTRACT]
    store(journal, plan(journal, *lines))
    again = plan(journal, *lines, FILL.replace("100.0", "1e2"))
    assert (again.facts, again.instruments, again.prices) == ({}, (), ())
    assert again.duplicates == 5


def test_export_import_export_is_byte_equal(journal: Journal, tmp_path: Path) -> None:
    store(journal, plan(journal, FILL, DEPOSIT, PRICE, CONTRACT, FILL.replace('"main"', '"other"')))
    first = export(journal)
    (tmp_path / "b").mkdir(mode=0o700)
    other = open_journal(tmp_path / "b" / "acct.db")
    store(other, plan(other, *first))
    assert export(other) == first
    assert len(first) == 5
    other.close()


def test_a_fact_that_was_known_in_part_is_completed(journal: Journal) -> None:
    store(journal, plan(journal, BARE))
    made = plan(journal, FILL)
    (fact,) = made.facts["main"]
    assert (fact.revision, made.added, made.completed) == (1, 0, 1)
    assert isinstance(fact.event, Fill)
    assert fact.event.fees is not None
    store(journal, made)
    assert export(journal)[0] == FILL.replace("100.0", "100") + "\n"
    assert plan(journal, BARE).duplicates == 1


def test_two_lines_of_one_file_complete_each_other(journal: Journal) -> None:
    for lines in ((BARE, FILL), (FILL, BARE)):
        made = plan(journal, *lines)
        (fact,) = made.facts["main"]
        assert isinstance(fact.event, Fill)
        assert fact.event.liquidity == "taker"
        assert (fact.revision, made.duplicates) == (0, 1)


@pytest.mark.parametrize(
    ("line", "wrong", "field"),
    [
        (FILL, FILL.replace("100.0", "101"), "price"),
        (FILL, FILL.replace("T00:00:00Z", "T00:00:01Z"), "time"),
        (FILL, FILL.replace('"amount":"1"', '"amount":"2"'), "fees"),
        (DEPOSIT, DEPOSIT.replace("10000", "1"), "amount"),
        (PRICE, PRICE.replace("300", "301"), "price"),
        (CONTRACT, CONTRACT.replace("}", ',"contract_size":"100"}'), "contract_size"),
    ],
)
def test_the_same_told_differently_is_refused_by_file_line_and_field(
    journal: Journal, line: str, wrong: str, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        plan(journal, DEPOSIT.replace("D1", "D9"), line, wrong)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("f", 3, field)
    assert "line 2" in caught.value.message
    store(journal, plan(journal, line))
    with pytest.raises(InputError) as caught:
        plan(journal, DEPOSIT.replace("D1", "D9"), wrong)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("f", 2, field)
    assert "the journal" in caught.value.message


def test_a_symbol_that_says_nothing_needs_an_instrument(journal: Journal) -> None:
    strange = FILL.replace("BTC/USD", "XBTUSD")
    with pytest.raises(InputError) as caught:
        plan(journal, DEPOSIT, strange)
    assert (caught.value.line, caught.value.field) == (2, "symbol")
    assert plan(journal, strange, CONTRACT).added == 1
    store(journal, plan(journal, CONTRACT))
    assert plan(journal, strange).added == 1


def test_many_facts_are_compared_with_the_journal(journal: Journal) -> None:
    lines = [FILL.replace('"T1"', f'"T{number}"') for number in range(2500)]
    store(journal, plan(journal, *lines[:1500]))
    made = plan(journal, *lines)
    assert (made.added, made.duplicates) == (1000, 1500)


# ---- files --------------------------------------------------------------------------------------------------------


def test_a_file_is_read_as_lines_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntw\xc3\xb6\n")
    with open_lines(file) as lines:
        assert list(lines) == ["one\r\n", "twö\n"]


@pytest.mark.parametrize(("content", "message"), [(b"ok\n\xff\n", "not UTF-8"), (b"ok\n" + b"x" * 2**21, "mebibyte")])
def test_a_line_that_is_not_text_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(content)
    with open_lines(file) as lines, pytest.raises(InputError, match=message) as caught:
        list(lines)
    assert (caught.value.file, caught.value.line) == (str(file), 2)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match="cannot be read"), open_lines(path):
            pass


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    with open_lines(Path("-")) as lines:
        assert list(lines) == ["a\n", "b\n"]
