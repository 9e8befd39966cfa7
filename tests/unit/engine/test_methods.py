"""Folds by every method: kept from when first asked for, true after every change, the same however facts arrived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, Retracted
from account_cli.domain.identity import identity, order_key
from account_cli.engine.folding import METHOD, OTHER_METHODS, load_folded
from account_cli.engine.ingest import Ingest
from account_cli.engine.keeping import closings_of, keep
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.ledger import RULES, empty, fold
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName
from account_cli.ports import Journal, JournalReader
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, batched, figures, fill, history, shuffled

ALL: tuple[MethodName, ...] = (METHOD, *OTHER_METHODS)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def expected(reader: JournalReader, events: list[Event], method: MethodName) -> tuple[object, list[Closing]]:
    unique = {identity(event): event for event in events}
    ordered = sorted(unique.values(), key=order_key)
    state, closings = fold(empty("a", method), ordered, StoredReferences(reader))
    return figures(state), closings


def answers(reader: JournalReader, method: MethodName) -> tuple[object, list[Closing]]:
    refs = StoredReferences(reader)
    return figures(load_folded(reader, "a", refs, method).state), list(closings_of(reader, "a", refs, method))


def write(journal: Journal, events: list[Event], size: int = 400) -> None:
    ingest = Ingest(journal, FixedClock())
    for part in batched(events, size):
        ingest.write([Delivery(account="a", events=tuple(part))])


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_a_method_is_kept_when_first_asked_for_and_then_only_the_tail_is_folded(
    journal: Journal, reader: JournalReader, method: MethodName
) -> None:
    events = history(1500)
    write(journal, events)
    asked = 0

    def writable() -> Journal:
        nonlocal asked
        asked += 1
        return journal

    keep(reader, "a", method, StoredReferences(reader), writable)
    snapshot = reader.load_snapshot("a", RULES, method)
    assert snapshot is not None
    assert snapshot.last_key == order_key(events[-1])
    assert len(list(reader.kept("a", method))) == len(expected(reader, events, method)[1])
    write(journal, [fill(5000, side="sell")])
    before = asked
    keep(reader, "a", method, StoredReferences(reader), writable)
    assert asked == before, "a short tail is not worth a snapshot"
    assert answers(reader, method) == expected(reader, [*events, fill(5000, side="sell")], method)


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_a_late_fact_drops_what_was_kept_of_every_method_from_its_place_on(
    journal: Journal, reader: JournalReader, method: MethodName
) -> None:
    events = history(1500)
    late = events.pop(700)
    write(journal, events)
    keep(reader, "a", method, StoredReferences(reader), lambda: journal)
    write(journal, [late])
    assert all(row.key < order_key(late) for _, row in reader.kept("a", method))
    assert reader.load_snapshot("a", RULES, method) is None
    assert answers(reader, method) == expected(reader, [*events, late], method)
    keep(reader, "a", method, StoredReferences(reader), lambda: journal)
    assert answers(reader, method) == expected(reader, [*events, late], method)
    assert check(reader, "a", StoredReferences(reader)).changed == []


def test_where_nothing_can_be_kept_the_answer_is_the_same(journal: Journal, reader: JournalReader) -> None:
    events = history(300)
    write(journal, events)
    for method in ALL:
        assert answers(reader, method) == expected(reader, events, method)


def test_a_change_while_it_is_being_kept_makes_it_begin_again(journal: Journal, reader: JournalReader) -> None:
    events = history(1500)
    late = events.pop(3)
    write(journal, events)
    changed = False

    def writable() -> Journal:
        nonlocal changed
        if not changed:
            changed = True
            write(journal, [late])
        return journal

    keep(reader, "a", "fifo", StoredReferences(reader), writable)
    assert answers(reader, "fifo") == expected(reader, [*events, late], "fifo")
    assert check(reader, "a", StoredReferences(reader)).changed == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 40), asked=st.integers(0, 5), method=st.sampled_from(ALL))
def test_rebuild_is_live_whatever_the_order_of_arrival_and_of_asking(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int, asked: int, method: MethodName
) -> None:
    events: list[Event] = history(120, seed)
    gone = events[seed % 100 + 1]
    withdrawn = Retracted(account="a", id="R", time_ns=gone.time_ns, target=identity(gone))
    told = shuffled([*events, *events[:30], withdrawn], seed)
    journal = open_journal(tmp_path_factory.mktemp("db") / "acct.db")
    reader = journal.reader()
    try:
        ingest = Ingest(journal, FixedClock())
        for turn, part in enumerate(batched(told, size)):
            ingest.write([Delivery(account="a", events=tuple(part))])
            if turn == asked:
                keep(reader, "a", method, StoredReferences(reader), lambda: journal)
        rest: list[Event] = [event for event in events if event is not gone]
        assert answers(reader, method) == expected(reader, rest, method)
        assert check(reader, "a", StoredReferences(reader)).changed == []
    finally:
        reader.close()
        journal.close()


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("half", [1, 57, 119])
def test_halves_replayed_are_the_whole_replayed(
    journal: Journal, reader: JournalReader, method: MethodName, half: int
) -> None:
    events = history(120)
    write(journal, events)
    refs = StoredReferences(reader)
    cut = events[half].time_ns
    first = load_folded(reader, "a", refs, method, at_ns=cut)
    assert first.last_key == order_key(events[half])
    second, closings = fold(first.state, reader.events_after("a", first.last_key), refs)
    whole, all_closings = expected(reader, events, method)
    assert figures(second) == whole
    assert closings == [one for one in all_closings if one.time_ns > cut]
