"""Rebuilding reads every fact and folds it: how much more is that than reading them into Decimals alone?

The first yardstick streams the same fills from the same file in the same order by the driver and the standard library,
``json.loads`` and three Decimals a fill; the second is acct's own reader, which makes whole facts in a third of that.
``acct rebuild`` also compares every closing and snapshot that is kept. Each runs in a process of its own; memory is
what it took beyond its first fact. ``python bench/rebuild.py [--fills 1000000]`` prints ratios.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from pnl_at_scale import build  # type: ignore[import-not-found]

from account_cli.engine.folding import load_folded
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.ledger import empty, fold_state
from account_cli.storage import open_reader

ROUNDS = 3


def peak_mib() -> float:
    """Return the most memory this program ever had; ``getrusage`` would count its parent's in."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def run(what: str, path: Path) -> None:
    """Do one of the things in this process and print what it cost."""
    reader = open_reader(path)
    refs = StoredReferences(reader)
    load_folded(reader, "main", refs)
    before, begun = peak_mib(), time.process_time()
    if what == "plain":
        plain(path)
    elif what == "read":
        for _ in reader.events_after("main", None):
            pass
    elif what == "fold":
        fold_state(empty("main"), reader.events_after("main", None), refs)
    else:
        assert check(reader, "main", refs).changed == []
    print(json.dumps([time.process_time() - begun, peak_mib() - before]))
    reader.close()


def plain(path: Path) -> None:
    """Read price, quantity and fee of every fill in order, with nothing of ours."""
    connection = sqlite3.connect(path)
    sql = "SELECT body FROM journal INDEXED BY journal_order WHERE account = 'main' AND current = 1 "
    for (body,) in connection.execute(sql + "ORDER BY time_ns, seq, identity"):
        fact = json.loads(body)
        _ = Decimal(fact["quantity"]), Decimal(fact["price"]), Decimal(fact["fees"][0][1])
    connection.close()


def measured(what: str, path: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--run", what, "--database", str(path)], check=True, capture_output=True, text=True
    )
    seconds, mib = json.loads(done.stdout)
    return seconds, mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--run")
    parser.add_argument("--database", type=Path)
    asked = parser.parse_args()
    if asked.run:
        run(asked.run, asked.database)
        return
    folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
    try:
        build(folder / "acct.db", asked.fills)
        names = ("plain", "read", "fold", "check")
        rounds = [{what: measured(what, folder / "acct.db") for what in names} for _ in range(ROUNDS)]
        for what, words in (
            ("fold", "refolded from the facts"),
            ("check", "refolded and compared with all that is kept"),
        ):
            ratio, own = (median(one[what][0] / one[by][0] for one in rounds) for by in ("plain", "read"))
            seconds, mib = median(one[what][0] for one in rounds), max(one[what][1] for one in rounds)
            print(
                f"{asked.fills:,} fills {words}: {seconds:.1f} s = {ratio:.2f} x reading them into Decimals "
                f"({own:.2f} x acct's own reader), {mib:.0f} MiB more"
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
