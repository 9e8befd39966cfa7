"""A ledger that was corrected goes into a file and comes back the same; an older file takes nothing back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.bootstrap.carrying import import_files
from account_cli.bootstrap.exporting import Wish, ledger_lines
from account_cli.bootstrap.reading import reading
from account_cli.config import Config, load_config
from account_cli.domain.observations import Position
from account_cli.ledger import dump
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import deposit, fill
from tests.unit.engine.test_correcting import PERP, perp


def imported(config: Config, file: Path) -> tuple[int, int, int]:
    """Import one file; return how many facts were added, completed and known."""
    (done,) = import_files(config, [file])
    return done.added, done.completed, done.already_known


def config_in(folder: Path) -> Config:
    folder.mkdir(exist_ok=True)
    file = folder / "config.toml"
    file.touch(mode=0o600)
    file.write_text(f'data_dir = "{folder}"\n')
    return load_config(file, {"HOME": str(folder)})


def written(config: Config) -> str:
    out = io.StringIO()
    with reading(config) as read:
        assert read.reader is not None
        out.writelines(ledger_lines(read.reader, Wish(accounts=tuple(read.accounts()))))
    return out.getvalue()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CorrectBench]:
    config = config_in(tmp_path / "one")
    bench = CorrectBench(config.database)
    bench.tell([deposit(1, "9900"), fill(2), perp(3, "buy", "1", "100")])
    bench.correct(
        [("spot", "USD", "9850"), ("spot", "BTC", "1"), ("spot", "EUR", "7")],
        [Position(symbol=PERP, quantity=Decimal("1.5"))],
    )
    yield bench
    bench.close()


def test_what_is_exported_is_read_back_as_the_same_ledger_and_the_same_file(
    bench: CorrectBench, tmp_path: Path
) -> None:
    bench.tell([deposit(4, "7", "EUR"), deposit(5, "10")])
    assert len(bench.corrections()) == 2
    file = tmp_path / "ledger.ndjson"
    file.write_text(written(config_in(tmp_path / "one")))
    assert file.read_text().count("correction:") == 2, "the one that is spent says nothing"
    other = config_in(tmp_path / "two")
    imported(other, file)
    assert written(other) == file.read_text()
    twin = CorrectBench(other.database)
    assert dump(twin.ledger()) == dump(bench.ledger())
    twin.tell([deposit(6, "3")])
    bench.tell([deposit(6, "3")])
    assert dump(twin.ledger()) == dump(bench.ledger()), "the copy gives way as the first one does"
    twin.close()


def test_an_older_file_takes_nothing_back(bench: CorrectBench, tmp_path: Path) -> None:
    file = tmp_path / "ledger.ndjson"
    file.write_text(written(config_in(tmp_path / "one")))
    bench.tell([deposit(4, "7", "EUR"), deposit(5, "-40")])
    before = dump(bench.ledger())
    assert imported(config_in(tmp_path / "one"), file) == (0, 0, 6)
    assert dump(bench.ledger()) == before


def test_a_late_fact_may_come_from_a_file(bench: CorrectBench, tmp_path: Path) -> None:
    file = tmp_path / "late.ndjson"
    line = '{"kind":"transfer","account":"a","id":"L","time":"2023-11-14T22:13:25Z","asset":"EUR","amount":"7"'
    file.write_text(line + ',"type":"deposit"}\n')
    imported(config_in(tmp_path / "one"), file)
    assert {one.asset for one in bench.corrections()} == {"USD", "BTC"}
