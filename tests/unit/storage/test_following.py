"""A view in another process hears that something was written, and never misses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.errors import Unavailable
from account_cli.ports import Journal
from account_cli.storage.following import Changes
from account_cli.storage.opening import open_journal


def commit(journal: Journal) -> None:
    with journal.transaction() as tx:  # something new each time: SQLite does not write what is there already
        tx.put_cursors("main", {"a": tx.cursors("main").get("a", "") + "x"})


async def test_the_first_turn_comes_at_once_and_then_one_for_each_change(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) % 3 == 0:
            commit(journal)

    tokens = []
    async with Changes(tmp_path / "acct.db", 0.1, sleep=sleep) as changes:
        async for token in changes:
            tokens.append(token)
            if len(tokens) == 3:
                break
    journal.close()
    assert len(set(tokens)) == 3
    assert slept == [0.1] * 6


async def test_commits_between_two_looks_are_one_turn(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")

    async def no_sleep(_seconds: float) -> None:
        raise AssertionError("there was something to tell")

    async with Changes(tmp_path / "acct.db", sleep=no_sleep) as changes:
        await anext(changes)
        commit(journal)
        commit(journal)
        await anext(changes)
        with pytest.raises(AssertionError):
            await anext(changes)
    with pytest.raises(StopAsyncIteration):
        await anext(changes)
    journal.close()


async def test_a_missing_database_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        async with Changes(tmp_path / "none.db"):
            pass
