"""What makes a ledger differ is found, named and gone, or stays a break with its likeliest cause: on every venue."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from account_cli.simulator import NAMES
from tests.faults.planted import EXIT, PLANTS, account, planted

pytestmark = pytest.mark.slow
_HERE = {
    "kraken": ("missing fill", "fee in BNB or KFEE", "told late by the exchange", "convert"),
    "binance": ("missing fill", "deposit", "asset known to one side only", "balance in a wallet not covered"),
    "binanceusdm": ("funding", "liquidation while offline", "position gone without a fact",
                    "figure changed by hand in the database"),
}  # fmt: skip
"""What is planted in every run of the tests; ``python -m tests.faults.planted`` plants all of it everywhere."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("venue", NAMES if "ACCT_LONG" in os.environ else ("binance",))
async def test_each_planted_cause_is_explained_or_named_and_a_second_run_changes_nothing(
    venue: str, tmp_path: Path
) -> None:
    async with account(venue, tmp_path) as bench:
        for plant in (plant for plant in PLANTS if plant.cause in _HERE[venue]):
            row = await planted(bench, plant)
            by_itself = venue in plant.by_itself
            ends = "clean" if by_itself else plant.ends
            assert (row.told.state, row.told.code) == (ends, EXIT[ends]), row
            after = "clean" if ends == "explained" else ends
            assert (row.again.state, row.again.code, row.changed) == (after, EXIT[after], False), row
            if plant.named is not None and not by_itself:
                assert plant.named in row.told.causes, row
