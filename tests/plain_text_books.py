"""Asks beancount and hledger, the programs themselves, what a book of ours says; compares it with our ledger."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

_LOADED = """
import sys, json
from collections import defaultdict
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
names = {e.currency: e.meta.get("name", e.currency) for e in entries if isinstance(e, data.Commodity)}
units, costs, weights = defaultdict(lambda: 0), defaultdict(lambda: 0), defaultdict(lambda: 0)
for entry in entries:
    if isinstance(entry, data.Transaction):
        for p in entry.postings:
            name = names.get(p.units.currency, p.units.currency)
            units[p.account, name] += p.units.number
            if p.cost is not None:
                costs[p.account, name, names.get(p.cost.currency, p.cost.currency)] += p.units.number * p.cost.number
print(json.dumps({
    "errors": [e.message for e in errors],
    "units": [[*k, format(v, "f")] for k, v in units.items()],
    "costs": [[*k, format(v, "f")] for k, v in costs.items()],
}))
"""


class Book:
    """What a program read: units by (account, asset), and costs by (account, asset, currency)."""

    def __init__(self, units: dict[tuple[str, str], Decimal], costs: dict[tuple[str, str, str], Decimal]) -> None:
        self.units, self.costs = units, costs

    def held(self, account: str) -> dict[tuple[str, str], Decimal]:
        """What lies in the wallets of an account, by (wallet, asset); no zeros."""
        found = {}
        for (name, asset), number in self.units.items():
            parts = name.split(":")
            if parts[:2] == ["Assets", account] and parts[2] != "In-Transit" and number:
                found[parts[2], asset] = number
        return found

    def cost(self) -> dict[tuple[str, str], Decimal]:
        """Costs of what is held, by (asset, currency); no zeros."""
        sums: dict[tuple[str, str], Decimal] = {}
        for (_, asset, currency), cost in self.costs.items():
            if currency != "UNKNOWN":
                sums[asset, currency] = sums.get((asset, currency), Decimal(0)) + cost
        return {key: cost for key, cost in sums.items() if abs(cost) > Decimal("1e-12")}

    def total(self, root: str, name: str) -> dict[str, Decimal]:
        """What all accounts ``root:…:name`` hold, by asset; no zeros."""
        sums: dict[str, Decimal] = {}
        for (account, asset), number in self.units.items():
            if account.split(":")[0] == root and account.split(":")[-1] == name:
                sums[asset] = sums.get(asset, Decimal(0)) + number
        return {asset: number for asset, number in sums.items() if number}


def beancount(file: Path) -> Book:
    """Check a book with ``bean-check`` and read it."""
    tool = Path(sys.executable).with_name("bean-check")
    if not tool.exists():
        if os.environ.get("ACCT_REQUIRE_SERVICES"):
            pytest.fail("beancount is locked for development and is not installed beside this python")
        pytest.skip("NOT CHECKED by beancount: it is not installed beside this python")
    checked = subprocess.run([tool, "--no-cache", file], capture_output=True, text=True, check=False, timeout=120)
    assert checked.returncode == 0, checked.stderr[:2000]
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED, file], capture_output=True, text=True, check=True, timeout=120
    )
    told = json.loads(loaded.stdout)
    assert told["errors"] == []
    return Book(
        {(account, asset): Decimal(number) for account, asset, number in told["units"]},
        {(account, asset, currency): Decimal(number) for account, asset, currency, number in told["costs"]},
    )


def hledger(file: Path) -> Book:
    """Check a journal with ``hledger check --strict`` and read its balances, as they are and at cost."""
    tool = shutil.which("hledger")
    if tool is None:
        pytest.skip("NOT CHECKED by hledger: it is not installed (apt install hledger)")
    checked = subprocess.run(
        [tool, "-f", file, "check", "--strict"], capture_output=True, text=True, check=False, timeout=120
    )
    assert checked.returncode == 0, checked.stderr[:2000]
    plain = ["-f", str(file), "balance", "--flat", "--no-total", "--layout=bare", "-O", "csv"]
    costs = {}
    for (account, currency), number in _rows(tool, *plain, "--cost").items():
        asset = account.rpartition(":")[2]
        if account.startswith("Assets:") and currency != asset:
            costs[account, asset, currency] = number
    return Book(_rows(tool, *plain), costs)


def _rows(tool: str, *arguments: str) -> dict[tuple[str, str], Decimal]:
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=True, timeout=120)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    return {(row["account"], row["commodity"]): Decimal(row["balance"]) for row in rows}
