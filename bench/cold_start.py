"""How long acct takes to begin, as multiples of ``python -c pass`` measured in the same run.

    python bench/cold_start.py [--runs 15] [--database DIRECTORY]

Without ``--database`` the read commands meet none. Goals: ``acct --help`` at most 20 times the floor, read commands at
most 35 times and half a second, a press of Tab 0.3 s. The runs of all programs are interleaved, so that a busy moment
meets all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOOR = "python -c pass"
ACCT = (sys.executable, "-m", "account_cli")
COMPLETION = Path(__file__).parents[1] / "completions/acct.bash"
READS = (
    "positions", "balances", "orders", "fills --limit 20", "pnl", "accounts", "positions --json", "equity --now",
    "stats", "lots", "pnl --history", "pnl --in USD", "pnl --by month", "equity", "transfers", "status", "health",
    "alerts", "coverage", "issues", "inbox", "close --list", "outbox", "schema positions", "reconcile --history",
)  # fmt: skip
TABS = ("accounts", "assets", "exchanges", "symbols")
"""What completion asks for at a press of Tab."""
_TAB = f"source {COMPLETION}; COMP_WORDS=(acct fills --); COMP_CWORD=2; _acct"
BARE = "import typer\napp = typer.Typer()\n@app.command()\ndef hello(name: str = 'x') -> None:\n    print(name)\napp()"
HELP_LIMIT, READ_LIMIT, READ_SECONDS, TAB_SECONDS = 20.0, 35.0, 0.5, 0.3


def programs() -> dict[str, tuple[str, ...]]:
    """Return what is measured, by name."""
    found = {
        FLOOR: (sys.executable, "-c", "pass"),
        "a bare Typer program": (sys.executable, "-c", BARE),
        "acct --help": (*ACCT, "--help"),
        "acct positions --help": (*ACCT, "positions", "--help"),
    }
    found |= {f"Tab: {kind}": (*ACCT, "names", kind) for kind in TABS}
    found["Tab: an option"] = ("bash", "--norc", "-c", _TAB)
    return found | {f"acct {words}": (*ACCT, *words.split()) for words in READS}


def measure(runs: int, env: dict[str, str]) -> dict[str, float]:
    """Return each program's median wall time in seconds."""
    times: dict[str, list[float]] = {name: [] for name in programs()}
    for _ in range(runs + 1):
        for name, command in programs().items():
            began = time.perf_counter()
            done = subprocess.run(command, env=env, capture_output=True, check=False)
            assert done.returncode in {0, 3, 4}, (name, done.stderr)
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(seen[1:]) for name, seen in times.items()}


def main() -> int:
    """Print the table; the exit status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--database", help="a data directory with an acct.db")
    given = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "ACCT_DATA_DIR": given.database or home}
        found = measure(given.runs, env)
    floor = found[FLOOR]
    for name, seconds in found.items():
        limit = HELP_LIMIT if name.endswith("--help") else READ_LIMIT
        most = TAB_SECONDS if name.startswith("Tab") else READ_SECONDS
        fine = seconds / floor <= limit and (limit == HELP_LIMIT or seconds <= most)
        missed += not fine and name.startswith(("acct", "Tab"))
        print(f"{name:<24} {seconds * 1000:7.1f} ms  {seconds / floor:5.1f}x" + ("" if fine else "  over the goal"))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
