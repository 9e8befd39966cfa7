"""Following over a real database: what is known first, then what is committed; a restart goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event
from account_cli.engine.ingest import Ingest
from account_cli.library import FillRow, InputError, Move, StorageError, follow, listen
from account_cli.ports import Location
from account_cli.storage import open_journal
from tests.services import DATABASES
from tests.unit.engine.engine_facts import FixedClock, deposit, fill

D = Decimal


@pytest.fixture(params=sorted(DATABASES))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    with DATABASES[request.param](tmp_path) as location:
        open_journal(location).close()
        yield location


def write(database: Location, *events: Event) -> None:
    journal = open_journal(database)
    Ingest(journal, FixedClock()).write([Delivery(account="a", events=events)])
    journal.close()


async def numbers(database: Location, after: int, count: int) -> list[int]:
    found: list[int] = []
    async with aclosing(follow(database, "a", after=after, poll_s=0.01)) as changes:
        async for change in changes:
            found.append(change.n)
            if len(found) == count:
                break
    return found


async def test_what_is_known_comes_first_and_what_is_committed_after_it(database: Location) -> None:
    following = asyncio.create_task(numbers(database, 0, 4))
    await asyncio.sleep(0.05)  # the account is not known yet
    for n in range(1, 5):
        await asyncio.to_thread(write, database, deposit(n))
    async with asyncio.timeout(20):
        assert await following == [1, 2, 3, 4]
        assert await numbers(database, 2, 2) == [3, 4], "whoever starts again goes on"


async def test_a_journal_that_ends_before_the_place_is_refused(database: Location, tmp_path: Path) -> None:
    write(database, deposit(1))
    with pytest.raises(InputError, match="ends at line 1"):
        await numbers(database, 2, 1)
    with pytest.raises(StorageError, match="no database"):
        await numbers(tmp_path / "none.db", 0, 1)


async def test_callbacks_hear_by_kind_in_order_and_where_to_go_on(database: Location) -> None:
    write(database, deposit(1), fill(2))
    heard: list[str] = []

    async def on_fill(row: FillRow) -> None:
        heard.append(f"fill {row.id}")

    def on_balance(move: Move) -> None:
        heard.append(f"{move.reason} {move.asset} {move.amount}")

    async def all_of_it() -> None:
        states: list[str] = []
        async with asyncio.timeout(20):
            await listen(
                database,
                "a",
                on_fill=on_fill,
                on_balance=on_balance,
                on_account=lambda row: states.append(row.account),
                on_told=lambda n: heard.append(f"told {n}"),
            )

    listening = asyncio.create_task(all_of_it())
    while "told 2" not in heard and not listening.done():
        await asyncio.sleep(0.01)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert heard == ["deposit USD 1000", "told 1", "fill T2", "fill BTC 1", "fill USD -100", "fee USD -0.1", "told 2"]


async def test_what_a_callback_raises_ends_listening(database: Location) -> None:
    write(database, deposit(1))

    def refuse(_: Move) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await listen(database, "a", on_balance=refuse, on_account=lambda _: None)
