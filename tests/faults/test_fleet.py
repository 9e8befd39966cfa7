"""Collectors that share accounts on a server are killed, paused and cut off, and every ledger is whole in the end.

The long run, with a hundred accounts, is ``python -m tests.reliability.fleet``.
"""

from __future__ import annotations

from pathlib import Path

from tests.reliability.fleet import Asked, chaos

ASKED = Asked(accounts=4, collectors=2, seconds=16, kill_every=7, cut=3, cuts=1, activity=120, settle=60)


async def test_whatever_happens_to_a_fleet_each_fact_is_known_once_and_nobody_trespasses(tmp_path: Path) -> None:
    async with chaos(tmp_path, ASKED) as fleet:
        figures = await fleet.run()
    assert (figures["lost"], figures["extra"], figures["twice"]) == ([], [], 0)
    assert figures["trespassed"] == []
    assert figures["kills"] == figures["pauses"] + 1 == 2
