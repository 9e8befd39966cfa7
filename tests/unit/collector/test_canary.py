"""Who asks for everything: what a sweep proves, what is doubted when none comes, and who leaves something to others."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from account_cli.collector.asking import HISTORY, Asking, Proved
from account_cli.collector.canary import Canary
from account_cli.collector.delivery import Receipt
from account_cli.collector.giving_way import GivingWay
from account_cli.collector.health import Health
from account_cli.collector.pause import Pause
from account_cli.collector.plan import Plan
from account_cli.collector.streaming import Streaming
from account_cli.domain.health import DataKind
from account_cli.errors import Unreachable
from account_cli.ports import patient
from tests.unit.collector.test_connection import HandClock

ALL: frozenset[DataKind] = frozenset({"fills", "transfers", "balances", "orders"})


class Asked:
    """Answers at once, never, or with an error; remembers who could have waited."""

    def __init__(self, *, numbered: bool) -> None:
        self.numbered, self.walking_back = numbered, GivingWay()
        self.error: Unreachable | None = None
        self.hangs = False
        self.could_wait: list[bool] = []

    async def everything(self, kinds: frozenset[DataKind], *, deeper_s: int, proved: Proved) -> list[Receipt]:
        self.could_wait.append(patient.get())
        if self.error is not None:
            raise self.error
        proved(kinds & HISTORY)
        if self.hangs:
            await asyncio.Event().wait()
        proved(kinds - HISTORY)
        return []


class Made:
    def __init__(self, *, numbered: bool) -> None:
        self.clock, self.asked = HandClock(), Asked(numbered=numbered)
        self.health = Health("main", {"fills": "stream", "orders": "stream"}, self.clock)
        self.health.set(["fills", "orders"], "live")
        self.canary = Canary(
            cast("Asking", self.asked),
            cast("Streaming", None),
            self.clock,
            Pause(self.clock),
            Plan(poll_interval=60.0),
            self.health,
        )

    def told(self) -> dict[DataKind, str]:
        self.canary.doubt_what_is_old()
        return {row.kind: row.status for row in self.health.rows()}


async def test_a_kind_that_was_not_asked_for_in_three_intervals_is_doubted_until_it_is() -> None:
    made = Made(numbered=True)
    await made.canary.sweep(ALL)
    made.clock.seconds, made.asked.hangs = 100.0, True
    sweeping = asyncio.ensure_future(made.canary.sweep(ALL))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    made.clock.seconds = 180.0
    assert made.told() == {"fills": "live", "orders": "live"}
    made.clock.seconds = 181.0
    assert made.told() == {"fills": "live", "orders": "degraded"}, "the fills were asked for at 100"
    made.asked.hangs = False
    await made.canary.catch_up(ALL, lambda _: None)
    await sweeping
    assert made.told() == {"fills": "live", "orders": "live"}


@pytest.mark.parametrize(("numbered", "until"), [(False, 68.0), (True, 120.0)])
async def test_a_sweep_is_good_for_a_while_and_longer_where_no_frame_is_lost_unseen(
    numbered: bool, until: float
) -> None:
    made = Made(numbered=numbered)
    await made.canary.sweep(ALL)
    made.clock.seconds, made.asked.error = 60.0, Unreachable("no")
    with pytest.raises(Unreachable):
        await made.canary.sweep(ALL)
    assert made.canary.swept_until() == until


async def test_a_sweep_can_wait_but_for_the_one_after_a_failure_and_a_catching_up_cannot() -> None:
    made = Made(numbered=False)
    await made.canary.sweep(ALL)
    made.asked.error = Unreachable("no")
    with pytest.raises(Unreachable):
        await made.canary.sweep(ALL)
    made.asked.error = None
    await made.canary.sweep(ALL)
    await made.canary.sweep(ALL)
    await made.canary.catch_up(ALL, lambda _: None)
    assert made.asked.could_wait == [True, True, False, True, False]
