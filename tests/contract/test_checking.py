"""What is not as it must be in a database is found and named, and what is as it must be is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.events import Event, FundingPaid, Retracted
from account_cli.domain.identity import identity
from account_cli.ports import Entry
from account_cli.ports.location import Location
from account_cli.storage import open_journal
from account_cli.storage.checking import find_faults
from account_cli.storage.opening import connect_writing
from tests.services import JOURNALS


def silent(_doing: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def paid(number: int, **more: Any) -> FundingPaid:
    told = {"symbol": "A/B:B", "asset": "B", "amount": Decimal("1.50"), **more}
    return FundingPaid(account="main", id=f"F{number}", time_ns=number, **told)


@pytest.fixture(params=sorted(JOURNALS))
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Yield a database with facts, one of them told twice, one withdrawn and told again."""
    with JOURNALS[request.param](tmp_path) as found:
        journal = open_journal(found)
        withdrawn = Retracted(account="main", id="R1", time_ns=9, target=identity(paid(2)), reason="gone")
        told: list[tuple[Event, int]] = [
            (paid(1), 0),
            (paid(2), 0),
            (paid(3), 0),
            (paid(1, amount=Decimal(2)), 1),
            (withdrawn, 0),
        ]
        told.append((paid(2, amount=Decimal(3)), 1))
        with journal.transaction() as tx:
            for n, (event, revision) in enumerate(told, 1):
                tx.append("main", [Entry(n=n, event=event, origin="rest", heard_ns=0, revision=revision)])
        journal.close()
        yield found


def spoiled(location: Location, *statements: str) -> list[str]:
    with closing(connect_writing(location)) as database:
        for sql in statements:
            database.run(sql)
    return [f"{one.account} {one.where}: {one.what}" for one in find_faults(location, silent)]


def test_a_database_as_it_must_be_has_nothing_wrong(location: Location) -> None:
    assert spoiled(location) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM journal WHERE n = 3", "main line 4: line 3 was due here"),
        ("UPDATE journal SET body = '{\"kind\":' WHERE n = 3", "main line 3: cannot be read: "),
        ("UPDATE journal SET time_ns = 77 WHERE n = 3", "main line 3: holds another fact than its columns say: "),
        ("UPDATE journal SET current = 0 WHERE n = 3", "main line 3: spot|funding|F3 is marked wrongly"),
        ("UPDATE journal SET current = 1 WHERE n = 1", "main line 1: spot|funding|F1 is marked wrongly"),
        ("UPDATE journal SET current = 1 WHERE n = 6", "main line 6: spot|funding|F2 is marked wrongly"),
        ("DELETE FROM symbols", "main symbols: A/B:B is missing"),
        ("DELETE FROM accounts", "main accounts: is missing"),
        ("INSERT INTO retractions VALUES ('main', 'x')", "main retractions: x: the journal says otherwise"),
    ],
)
def test_what_is_wrong_is_named(location: Location, statement: str, said: str) -> None:
    found = spoiled(location, statement)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_a_retraction_that_is_not_kept_is_named(location: Location) -> None:
    found = spoiled(location, "DELETE FROM retractions")
    assert found[0] == "main retractions: spot|funding|F2: the journal says otherwise"


def test_broken_pages_are_all_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "acct.db"
    journal = open_journal(path)
    with journal.transaction() as tx:
        tx.append("main", [Entry(n=n, event=paid(n), origin="rest", heard_ns=0) for n in range(1, 400)])
    journal.close()
    with path.open("r+b") as file:
        file.seek(4096 * 60)
        file.write(b"\xff" * 4096 * 4)
    found = find_faults(path, silent)
    assert found
    assert {one.where for one in found} == {"file"}
