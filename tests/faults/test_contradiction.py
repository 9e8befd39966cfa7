"""An exchange tells a fact again and says otherwise: the first telling stands, the other is kept, counted and shown."""

from __future__ import annotations

import dataclasses
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_truth import VENUES
from tests.faults.trouble_here import notices
from tests.faults.truth import Bench


def told_otherwise(bench: Bench, price: Decimal) -> str:
    """Let the exchange say from now on that its last fill had another price; return the fill's id."""
    fills = bench.sim.world.book.fills
    fills[-1] = dataclasses.replace(fills[-1], price=price)
    return fills[-1].id


async def contradictions(bench: Bench) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(await bench.run("issues", "--json"))["items"]
    return [row for row in rows if row["code"] == "contradiction"]


@pytest.mark.parametrize("venue", VENUES)
async def test_the_first_telling_stands_and_the_other_is_kept_and_counted(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=61, hours=2) as bench:
        bench.sim.run_until(bench.end_ns)
        await bench.run("poll", "main")
        first = bench.true()
        assert await bench.known() == first
        assert await contradictions(bench) == []
        name = told_otherwise(bench, Decimal("4711.5"))
        counted = 0
        for _ in range(2):
            await bench.run("poll", "main")
            assert await bench.known() == first
            (row,) = await contradictions(bench)
            assert name in row["id"]
            told = re.search(r"price is [\d.]+, and 4711\.5 as told by rest (\d+) time", row["text"])
            assert told is not None
            assert int(told[1]) > counted, "each further telling counts"
            counted = int(told[1])
        told_otherwise(bench, Decimal("4712.5"))
        await bench.run("poll", "main")
        assert len(await contradictions(bench)) == 2
        said = [notice for notice in notices(tmp_path) if notice.code == "contradiction"]
        assert [notice.severity for notice in said] == ["critical"] * 2, "each is an alert once"
        assert await bench.known() == first
