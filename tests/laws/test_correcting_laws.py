"""Whatever was missed, and in whatever order it comes to be known, in the end nothing of a correction is left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.identity import order_key
from account_cli.domain.observations import Position
from account_cli.domain.times import SECOND
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.ledger import LedgerState, dump, empty, fold_state
from account_cli.reconciliation import ledger_side
from tests.laws.histories import INVERSE, Prices, everything
from tests.unit.engine.correct_bench import CorrectBench, Held
from tests.unit.engine.engine_facts import START, deposit

EXAMPLES = max(1, int(os.environ.get("ACCT_LAW_EXAMPLES", "100")) * 3 // 20)
"""Each is lived through on a database of its own, a tenth of a second at best: a share of what other laws get."""


class Markets(Prices):
    """Prices of nothing: none is stored."""

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        return None


FOLLOWED: list[Event] = [
    replace(deposit(-60, "1", "ZZZ"), id=f"D{wallet}", wallet=wallet)
    for wallet in ("spot", "margin", "earn", "futures")
]
"""What lies in a wallet of which no fact was ever told is not followed, and not corrected."""
MARKETS = [market for symbol in INVERSE if (market := Markets().instrument(symbol)) is not None]


def truth(events: Sequence[Event]) -> LedgerState:
    return fold_state(empty("a"), sorted(events, key=order_key), Markets())


def stated(events: Sequence[Event]) -> tuple[list[Held], list[Position]]:
    """Return what an exchange states at which just these facts happened."""
    state = truth(events)
    balances = [(wallet, asset, str(amount)) for (wallet, asset), amount in state.balances().items()]
    positions = [
        Position(wallet=key.wallet, symbol=key.name, side=key.side or "both", quantity=quantity)
        for key, quantity in (ledger_side(state).positions or {}).items()
    ]
    return balances, positions


def moved(events: Sequence[Event], by_s: int, name: str) -> list[Event]:
    """Return the same facts so much later, under other names."""
    return [replace(one, id=f"{name}{one.id}", time_ns=START + one.time_ns + by_s * SECOND) for one in events]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(first=everything, second=everything, data=st.data())
def test_corrections_give_way_to_the_truth_whole(first: list[Event], second: list[Event], data: st.DataObject) -> None:
    parts = [moved(first, 0, "f"), moved(second, 4000, "s")]
    missed: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = CorrectBench(Path(folder) / "acct.db")
        bench.tell(FOLLOWED)
        happened = list(FOLLOWED)
        for part in parts:
            hidden = data.draw(st.sets(st.integers(0, len(part) - 1)))
            happened += part
            missed += [one for place, one in enumerate(part) if place in hidden]
            bench.tell([one for place, one in enumerate(part) if place not in hidden], instruments=MARKETS)
            bench.correct(*stated(happened))
            assert bench.compare().items == ()
            bench.clock.ns += 1000 * SECOND
        missed = data.draw(st.permutations(missed))
        while missed:
            count = data.draw(st.integers(1, len(missed)))
            bench.tell(missed[:count])
            missed = missed[count:]
        assert bench.corrections() == []
        assert check(bench.reader, "a", StoredReferences(bench.reader)).changed == []
        bench.state(*stated(happened))
        assert bench.keep(bench.compare()).state == "clean"
        assert dump(bench.ledger()) == dump(truth(happened))
        bench.close()
