"""A million fills as CSV: against a bare ``csv.writer`` over the same fills of the same database; memory over size.

The bare loop reads the fills and the closings kept beside them through the same reader and writes their fields as they
are: no running position, no return in percent, no times for people, no guard against formulas, no plain digits, no
checksum. ``acct export --csv`` does all of that. Processor time is compared, the start of the process included, and the
most memory that each process held, on a tenth of the fills and on all.

``python bench/export.py [--fills 1000000]``; seconds belong to this machine, the ratios should not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.pnl_at_scale import build

ROOT = Path(__file__).resolve().parents[1]
MOST = 2.5
ROUNDS = 3
_BARE = """
import csv, sys
from pathlib import Path
from account_cli.engine.folding import read_closing
from account_cli.storage import open_reader
reader = open_reader(Path(sys.argv[1]))
closings = (read_closing(row) for _, row in reader.kept("main", "average"))
beside = next(closings)
with open(sys.argv[2], "w", newline="") as out:
    writer = csv.writer(out, lineterminator="\\n")
    for fill in reader.events("main", kinds=("fill",)):
        (fee,) = fill.fees
        realized = None
        if beside is not None and beside.time_ns == fill.time_ns:
            realized, beside = beside.proceeds - beside.cost, next(closings, None)
        writer.writerow((
            fill.account, fill.wallet, fill.id, fill.order_id, fill.time_ns, fill.seq, fill.symbol, fill.side,
            fill.price, fill.quantity, fee.amount, fee.asset, None, fill.liquidity, fill.position_side, fill.margin,
            fill.leverage, fill.type, fill.contracts, fill.settle, fill.inverse, fill.contract_size, realized,
        ))
"""


def measured(command: list[str], home: Path) -> tuple[float, float]:
    """Return the processor seconds of a process and the most memory it held, in MiB."""
    process = subprocess.Popen(
        command,
        cwd=home,
        stderr=subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def of(count: int, folder: Path) -> tuple[float, float, float, float]:
    """Return seconds and memory of the bare loop, then of the export."""
    home = folder / str(count)
    home.mkdir()
    database = home / "acct.db"
    build(database, count)
    config = home / "config.toml"
    config.touch(mode=0o600)
    config.write_text(f'data_dir = "{home}"\n')
    bare = [measured([sys.executable, "-c", _BARE, str(database), "bare.csv"], home) for _ in range(ROUNDS)]
    export = [sys.executable, "-m", "account_cli", "--config", str(config), "export", "--csv", "-O", "fills.csv"]
    ours = [measured(export, home) for _ in range(ROUNDS)]
    lines = sum(1 for _ in (home / "fills.csv").open())
    assert lines == count + 1, lines
    return (
        median(seconds for seconds, _ in bare), max(held for _, held in bare),
        median(seconds for seconds, _ in ours), max(held for _, held in ours),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=1_000_000)
    count = parser.parse_args().fills
    with tempfile.TemporaryDirectory(prefix="acct-bench-") as name:
        small = of(count // 10, Path(name))
        large = of(count, Path(name))
    for fills, (bare_s, bare_mib, s, mib) in ((count // 10, small), (count, large)):
        print(
            f"{fills:>9,} fills: bare loop {bare_s:6.2f} s {bare_mib:5.0f} MiB, acct export --csv {s:6.2f} s "
            f"{mib:5.0f} MiB, ratio {s / bare_s:.2f} (at most {MOST})"
        )
    print(f"memory of ten times the fills: {large[3] / small[3]:.2f} times")
    if large[2] > MOST * large[0]:
        raise SystemExit(f"slower than {MOST} times a bare loop")


if __name__ == "__main__":
    main()
