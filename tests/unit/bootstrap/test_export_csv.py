"""The table for an accountant: every fill, what it realised, and the quantity that ran up to it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from account_cli.bootstrap.carrying import import_files
from account_cli.bootstrap.exporting import Wish, fills
from account_cli.bootstrap.reading import reading
from account_cli.config import Config, load_config
from account_cli.interchange.csv_fills import guarded
from account_cli.interchange.formats.csv import lines

LEDGER = """\
{"kind":"transfer","account":"a","id":"D","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"1000","type":"deposit"}
{"kind":"fill","account":"a","id":"1","order_id":"o","time":"2024-01-02T00:00:00Z","symbol":"BTC/USD","side":"buy","price":"100","quantity":"1","fees":[{"asset":"USD","amount":"1"}]}
{"kind":"fill","account":"a","id":"2","order_id":"o","time":"2024-01-03T00:00:00Z","symbol":"BTC/USD","side":"buy","price":"300","quantity":"1","fees":[{"asset":"BTC","amount":"0.01"}]}
{"kind":"fill","account":"a","id":"3","order_id":"p","time":"2024-01-04T00:00:00Z","symbol":"BTC/USD","side":"sell","price":"400","quantity":"0.5","fees":[{"asset":"USD","amount":"2"}]}
"""


def imported(config: Config, file: Path) -> tuple[int, int, int]:
    """Import one file; return how many facts were added, completed and known."""
    (done,) = import_files(config, [file])
    return done.added, done.completed, done.already_known


def make(folder: Path) -> Config:
    file = folder / "config.toml"
    file.touch(mode=0o600)
    file.write_text(f'data_dir = "{folder}"\n')
    (folder / "ledger.ndjson").write_text(LEDGER)
    return load_config(file, {"HOME": str(folder)})


def table_of(config: Config) -> str:
    with reading(config) as read:
        assert read.reader is not None
        return "".join(lines(fills(read, read.reader, Wish(accounts=("a",)), bare=True), guarded=guarded))


def test_each_fill_stands_beside_what_it_realised_and_the_running_position(tmp_path: Path) -> None:
    config = make(tmp_path)
    imported(config, tmp_path / "ledger.ndjson")
    rows = list(csv.DictReader(io.StringIO(table_of(config))))
    assert len(rows) == 3
    assert [row["position"] for row in rows] == ["1", "1.99", "1.49"]
    assert [row["fee"] + row["fee_asset"] for row in rows] == ["1USD", "0.01BTC", "2USD"]
    # Pool 1.99 BTC for 101 + 300 = 401; half a coin of it costs 401 × 0.5 ÷ 1.99 = 100.753768844221105528.
    assert [row["realized_pnl"] for row in rows] == ["", "", "97.246231155778894472"]


def test_the_table_reads_back_as_the_same_fills(tmp_path: Path) -> None:
    config = make(tmp_path)
    imported(config, tmp_path / "ledger.ndjson")
    table = tmp_path / "fills.csv"
    table.write_text(table_of(config))
    assert imported(config, table) == (0, 0, 3)
