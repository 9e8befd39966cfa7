"""An exchange's own files beside what its API told: nothing counts twice, and alone they tell the same ledger."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

from tests.cli.running import acct
from tests.exchange_files import binance_transactions, kraken_ledgers, kraken_trades
from tests.faults.truth import Bench


async def test_krakens_files_tell_what_its_api_told_and_alone_the_same_ledger(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=5, hours=10) as bench:
        bench.sim.run_until(bench.end_ns)
        await bench.run("poll", "main")
        (tmp_path / "ledgers.csv").write_text(kraken_ledgers(bench.sim))
        (tmp_path / "trades.csv").write_text(kraken_trades(bench.sim))
        true = {asset: total for asset, total in bench.sim.truth_balances().items() if total}
        fills = len(bench.sim.world.book.fills)
    files = ("import", "trades.csv", "ledgers.csv", "--json")
    told = await _told(tmp_path, "--config", str(tmp_path / "config.toml"), *files)
    assert [(row["added"], row["completed"], row["account"]) for row in told] == [(0, 0, "main")] * 2
    assert told[0]["already_known"] == fills
    home = tmp_path / "alone"
    home.mkdir()
    for name in ("ledgers.csv", "trades.csv"):
        (home / name).write_bytes((tmp_path / name).read_bytes())
    dry = await _told(home, *files, "--account", "main", "--dry-run")
    assert not (home / ".local/share/acct/acct.db").exists()
    told = await _told(home, *files, "--account", "main")
    assert [row["added"] for row in told] == [row["added"] for row in dry]
    assert told[0]["kinds"] == {"fill": fills}
    assert [row["added"] for row in await _told(home, *files, "--account", "main")] == [0, 0]
    assert await _held(home) == true
    collected = ("--config", str(tmp_path / "config.toml"))
    ledger = (await asyncio.to_thread(acct, tmp_path, *collected, "export")).out.splitlines(keepends=True)
    (home / "prices.ndjson").write_text("".join(line for line in ledger if '"kind":"price"' in line))
    assert (await _told(home, "import", "prices.ndjson", "--json"))[0]["added"] == 0  # prices are no facts
    alone = (await asyncio.to_thread(acct, home, "export")).out.splitlines()
    told_by_api = [line for line in ledger if '"kind":"instrument"' not in line]
    assert sorted(map(_fact, alone)) == sorted(map(_fact, told_by_api))
    for command in (("lots", "--method", "fifo"), ("pnl",)):
        one = await _rows(home, *command)
        other = await _rows(tmp_path, *collected, *command)
        assert [_figures(row) for row in one] == [_figures(row) for row in other], command


async def test_binances_rows_have_no_ids_and_fill_only_what_the_api_did_not_tell(tmp_path: Path) -> None:
    async with Bench("binance", tmp_path, seed=5, hours=10) as bench:
        bench.sim.run_until(bench.end_ns)
        await bench.run("poll", "main")
        (tmp_path / "all.csv").write_text(binance_transactions(bench.sim))
        true = {asset.partition(".")[0]: total for asset, total in bench.sim.truth_balances().items() if total}
    (row,) = await _told(tmp_path, "--config", str(tmp_path / "config.toml"), "import", "all.csv", "--json")
    assert (row["added"], row["completed"], row["already_known"]) == (0, 0, 0)
    assert int(str(row["covered"])) > 100
    home = tmp_path / "alone"
    home.mkdir()
    (home / "all.csv").write_bytes((tmp_path / "all.csv").read_bytes())
    (row,) = await _told(home, "import", "all.csv", "--account", "main", "--json")
    assert row["covered"] == 0
    (again,) = await _told(home, "import", "all.csv", "--account", "main", "--json")
    assert (again["added"], again["already_known"]) == (0, row["added"])
    assert await _held(home) == true


def _fact(line: str) -> str:
    """A fact as a file of whole seconds can tell it, which knows no trade's number, maker or transaction."""
    told = json.loads(line)
    left = {"seq", "liquidity", "tx"}
    cut = 19 if told["kind"] != "price" else None
    return json.dumps({key: value[:cut] if key == "time" else value for key, value in told.items() if key not in left})


async def _told(home: Path, *arguments: str) -> list[dict[str, object]]:
    done = await asyncio.to_thread(acct, home, *arguments)
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


async def _rows(home: Path, *arguments: str) -> list[dict[str, object]]:
    (told,) = await _told(home, *arguments, "--json")
    items = told["items"]
    assert isinstance(items, list)
    return items


async def _held(home: Path) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in await _rows(home, "balances"):
        asset = str(row["asset"])
        sums[asset] = sums.get(asset, Decimal(0)) + Decimal(str(row["total"]))
    return {asset: total for asset, total in sums.items() if total}


def _figures(row: dict[str, object]) -> dict[str, object]:
    """What follows from the facts: no prices of today, and of times only what a file of whole seconds can tell."""
    left = {"unrealized_pnl", "net_pnl", "opened_at", "updated_at", "lot"}
    return {key: value for key, value in row.items() if key not in left}
