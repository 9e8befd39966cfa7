"""``acct import``: facts out of files into the journal, all of a file or nothing of it.

Ledger files and CSV of fills are acct's own forms; the files that Kraken, Binance and BitMEX give their customers are
read by ``exchanges.exported``, those of one exchange together. All files are read to their end before anything of the
first is stored; then each is stored in a transaction of its own. Whatever stops it in between, the same command again
adds what is left: facts that are known change nothing.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from account_cli.collector.delivery import Delivery
from account_cli.config import Config
from account_cli.domain.events import Event, Settled
from account_cli.domain.identity import identity, kind_of
from account_cli.domain.times import DAY
from account_cli.engine.ingest import Ingest
from account_cli.errors import FileWrong, InputError
from account_cli.exchanges.exported.cells import Row, rows_of
from account_cli.exchanges.exported.reading import FileKind, Venue, read, uncovered
from account_cli.exchanges.exported.reading import kind_of as file_kind
from account_cli.exchanges.exported.told import ToldFact
from account_cli.interchange.csv_fills import read_fills
from account_cli.interchange.files import open_lines
from account_cli.interchange.importing import Plan, plan_import
from account_cli.interchange.ndjson import Line, read_ledger
from account_cli.ports import AccountRow, JournalReader
from account_cli.storage import has_database, open_journal, open_reader

Lines = Callable[[JournalReader], Iterable[Line]]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file. ``kinds`` counts the new facts by kind; ``passed_over`` what became no fact, and why.

    ``covered`` are rows without an id of the exchange's at times of which the API has told everything.
    """

    file: str
    account: str | None
    added: int
    completed: int
    already_known: int
    covered: int = 0
    kinds: dict[str, int] = {}
    first_at: int | None = None
    last_at: int | None = None
    passed_over: dict[str, int] = {}


def import_files(
    config: Config, paths: Sequence[Path], *, account: str | None = None, dry_run: bool = False
) -> Iterator[Imported]:
    """Store every fact of these files, or with ``dry_run`` only find out what would be new; yield what came of each.

    ``account`` is whose the exchanges' own files are. Raises ``InputError`` before anything is stored for a file that
    cannot be read.
    """
    kinds = {path: _kind(path) for path in paths}
    if account is not None and not any(kinds.values()):
        raise InputError("--account is for files of an exchange", hint="a ledger file names its accounts itself")
    with _looking(config) as reader:
        found = _exchange_files(config, reader, kinds, account)
    for path in paths:
        told = found.get(path)
        if told is None:
            source: Lines = _own_lines(path)
            whose, passed_over = None, Counter[str]()
        else:
            whose, facts, passed_over = told
            source = _exchange_lines(whose, facts)
        done = _planned(config, source, str(path)) if dry_run else _stored(config, source, str(path))
        yield _imported(str(path), whose, done, passed_over, None if told is None else len(told[1]))


def _own_lines(path: Path) -> Lines:
    def lines(_reader: JournalReader) -> Iterator[Line]:
        with open_lines(path) as texts:
            yield from (read_fills if path.suffix.lower() == ".csv" else read_ledger)(texts, file=str(path))

    return lines


def _stored(config: Config, source: Lines, file: str) -> Plan:
    from account_cli.bootstrap.collecting import SystemClock

    plan: Plan | None = None

    def deliveries(reader: JournalReader) -> list[Delivery]:
        nonlocal plan
        plan = plan_import(reader, source(reader), file=file)
        return list(_deliveries(reader, plan))

    journal = open_journal(config.database, announces=config.redis is not None)
    try:
        Ingest(journal, SystemClock()).write_planned(deliveries)
    finally:
        journal.close()
    assert plan is not None
    return plan


def _planned(config: Config, source: Lines, file: str) -> Plan:
    with _looking(config) as reader:
        return plan_import(reader, source(reader), file=file)


@contextmanager
def _looking(config: Config) -> Iterator[JournalReader]:
    """Open the journal for reading; where there is none yet, an empty one that is gone afterwards."""
    if has_database(config.database):
        reader = open_reader(config.database)
        try:
            yield reader
        finally:
            reader.close()
        return
    with tempfile.TemporaryDirectory(prefix="acct-") as folder:
        journal = open_journal(Path(folder) / "empty.db")
        try:
            reader = journal.reader()
            yield reader
            reader.close()
        finally:
            journal.close()


def _deliveries(reader: JournalReader, plan: Plan) -> Iterable[Delivery]:
    """Yield markets and prices first, which may change the figures of any account, then a delivery an account."""
    known = [row.account for row in reader.accounts()]
    if plan.instruments or plan.prices:
        yield Delivery(account="", origin="import", instruments=plan.instruments, quotes=plan.prices)
    for account, facts in plan.facts.items():
        yield Delivery(
            account=account,
            origin="import",
            events=tuple(fact.event for fact in facts),
            account_row=None if account in known else AccountRow(account=account),
        )


def _imported(file: str, account: str | None, plan: Plan, passed_over: Counter[str], told: int | None) -> Imported:
    new = [fact.event for facts in plan.facts.values() for fact in facts if not fact.revision]
    times = [event.time_ns for event in new]
    counted = plan.added + plan.completed + plan.duplicates
    return Imported(
        file=file,
        account=account,
        added=plan.added,
        completed=plan.completed,
        already_known=plan.duplicates,
        covered=0 if told is None else told - counted,
        kinds=dict(sorted(Counter(kind_of(event) for event in new).items())),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        passed_over=dict(passed_over),
    )


# ---- files of exchanges -------------------------------------------------------------------------------------------


def _kind(path: Path) -> FileKind | None:
    if path.suffix.lower() != ".csv":
        return None
    with open_lines(path) as lines:
        return file_kind(next(lines, ""))


_Found = tuple[str, list[ToldFact], Counter[str]]


def _exchange_files(
    config: Config, reader: JournalReader, kinds: Mapping[Path, FileKind | None], account: str | None
) -> dict[Path, _Found]:
    """Read the files of each exchange together; return whose each is, what it told and what became no fact."""
    found: dict[Path, _Found] = {}
    for venue in dict.fromkeys(kind.venue for kind in kinds.values() if kind is not None):
        mine = {path: kind for path, kind in kinds.items() if kind is not None and kind.venue == venue}
        whose = account or _account_of(config, reader, venue)
        rows: dict[str, Iterable[Row]] = {
            name: _rows([path for path, kind in mine.items() if kind.name == name])
            for name in {kind.name for kind in mine.values()}
        }
        known = [event.time_ns for event in reader.events(whose, kinds=("fill", "funding"))]
        told = read(venue, whose, rows, reader.instruments(), known)
        if venue == "bitmex":
            _refuse_twice(reader, whose, told.facts)
        for number, path in enumerate(mine):
            facts = [fact for fact in told.facts if fact.file == str(path)]
            found[path] = whose, facts, told.passed_over if not number else Counter()
    return found


def _rows(paths: Sequence[Path]) -> Iterator[Row]:
    for path in paths:
        with open_lines(path) as lines:
            yield from rows_of(str(path), lines)


def _account_of(config: Config, reader: JournalReader, venue: Venue) -> str:
    """Return the one account of this exchange; the exchange's name where there is none."""
    stored = {row.account for row in reader.accounts() if row.venue == venue}
    names = stored | {name for name, account in config.accounts.items() if account.exchange == venue}
    if len(names) > 1:
        raise InputError(
            f"there are several accounts of {venue}: {', '.join(sorted(names))}", hint="add --account NAME"
        )
    return names.pop() if names else venue


def _exchange_lines(account: str, facts: Sequence[ToldFact]) -> Lines:
    def lines(reader: JournalReader) -> Iterator[Line]:
        left, _ = uncovered(facts, reader.coverage(account))
        for fact in _timed_as_known(reader, account, left):
            yield Line(fact.line, fact.event)

    return lines


def _timed_as_known(reader: JournalReader, account: str, facts: Sequence[ToldFact]) -> Iterator[ToldFact]:
    """Give a fact that is known the time under which it is known: a file tells it with fewer digits."""
    stored = reader.find(account, [identity(fact.event) for fact in facts])
    for fact in facts:
        entry = stored.get(identity(fact.event))
        if entry is not None and abs(entry.event.time_ns - fact.event.time_ns) < fact.within_ns:
            event: Event = msgspec.structs.replace(fact.event, time_ns=entry.event.time_ns)
            yield msgspec.structs.replace(fact, event=event)
        else:
            yield fact


def _refuse_twice(reader: JournalReader, account: str, facts: Sequence[ToldFact]) -> None:
    """Refuse trades of days whose result is known as one sum: it would count twice."""
    days = [event.time_ns for event in reader.events(account, kinds=("settlement",)) if isinstance(event, Settled)]
    for fact in facts:
        if kind_of(fact.event) in {"fill", "funding"} and any(0 <= day - fact.event.time_ns <= DAY for day in days):
            raise FileWrong(
                "is of a day whose RealisedPNL was imported from the wallet history: it would count twice",
                file=fact.file,
                line=fact.line,
                hint="import both files into an account of their own: --account NAME",
            )
