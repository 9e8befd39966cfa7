"""What goes wrong with what money means: fees, funding, liquidations, digits, names (F37–F50).

These add to what is true: an odd fee was paid, a position was closed. That it is told at all, and how, is the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from account_cli.simulator.lab.fault import Fault
from account_cli.simulator.world import mishaps

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator
    from account_cli.simulator.world.world import World

_KRAKEN, _FUTURES = frozenset({"kraken"}), frozenset({"binanceusdm"})


def _in_the_world(what: Callable[[World], object]) -> Callable[[Simulator], None]:
    """Return what lets it happen in the world of a simulator, now."""

    def begin(sim: Simulator) -> None:
        with sim.world.arithmetic():
            what(sim.world)
        sim.stage.mark()

    return begin


_usual_fees = _in_the_world(lambda world: mishaps.fees(world, "usual"))


def _end_late(sim: Simulator) -> None:
    sim.stage.faults.money.ends_late = True
    _in_the_world(lambda world: mishaps.traded(world, world.setting.markets[0], 3))(sim)


def _end_now(sim: Simulator) -> None:
    sim.stage.faults.money.ends_late = False


def _rename(sim: Simulator, on: bool) -> None:
    sim.stage.faults.money.aliases = on
    _in_the_world(lambda world: mishaps.set_aside(world, ("F", "S")))(sim)


def _write_oddly(sim: Simulator) -> None:
    sim.stage.faults.money.scientific = True
    _in_the_world(mishaps.odd_amounts)(sim)


def _write_plainly(sim: Simulator) -> None:
    sim.stage.faults.money.scientific = False


def _fees_come_late(sim: Simulator) -> None:
    """Kraken's ledger, which tells what was booked, lags as well; Binance's REST always tells the commission."""
    sim.stage.faults.money.fees_untold = True
    if sim.venue == "kraken":
        sim.stage.faults.money.ledger_n = sim.world.book.n
    _in_the_world(lambda world: mishaps.traded(world, world.setting.markets[0], 5))(sim)


def _fees_are_told(sim: Simulator) -> None:
    sim.stage.faults.money.fees_untold, sim.stage.faults.money.ledger_n = False, None


def _entries_come_late(sim: Simulator) -> None:
    """Funding (Binance) or interest (Kraken) is missing from the history while what comes after it is there."""
    with sim.world.arithmetic():
        late = mishaps.charged_interest(sim.world, 2) if sim.venue == "kraken" else mishaps.corrected(sim.world)
    sim.stage.faults.money.withheld |= {entry.id for entry in late}
    sim.stage.mark()


def _entries_are_told(sim: Simulator) -> None:
    sim.stage.faults.money.withheld.clear()


def _unlist(sim: Simulator) -> None:
    sim.stage.faults.money.unlisted.add(sim.world.setting.markets[-1].symbol)
    _in_the_world(lambda world: mishaps.traded(world, world.setting.markets[-1], 2))(sim)


def _list_again(sim: Simulator) -> None:
    sim.stage.faults.money.unlisted.clear()


MONEY: Mapping[str, Fault] = {
    "F37": Fault("fees are told later than the fills they were paid for", _fees_come_late, _fees_are_told),
    "F38": Fault(
        "the fills of an order pay their fees in several assets, by turns",
        _in_the_world(lambda world: mishaps.fees(world, "switching")),
        _usual_fees,
    ),
    "F39": Fault(
        "each fill pays a fee in two assets",
        _in_the_world(lambda world: mishaps.fees(world, "several")),
        _usual_fees,
        _KRAKEN,
    ),
    "F39b": Fault(
        "fees are negative: a rebate with each fill",
        _in_the_world(lambda world: mishaps.fees(world, "rebate")),
        _usual_fees,
    ),
    "F40": Fault("assets become others, and dust is swept up", _in_the_world(mishaps.converted)),
    "F41": Fault(
        "funding or interest is told late, charged twice and taken back in part", _entries_come_late, _entries_are_told
    ),
    "F42": Fault(
        "a position is liquidated",
        _in_the_world(lambda world: mishaps.forced(world, "liquidation")),
        venues=_FUTURES,
    ),
    "F42b": Fault(
        "a position is closed to spare another account (ADL)",
        _in_the_world(lambda world: mishaps.forced(world, "adl")),
        venues=_FUTURES,
    ),
    "F42c": Fault(
        "an order is filled that nobody was told of",
        _in_the_world(lambda world: mishaps.traded(world, world.setting.markets[0], 3, secret=True)),
    ),
    "F43": Fault("two orders of the account trade with each other", _in_the_world(mishaps.self_trade)),
    "F43b": Fault("trades in two markets have the same numbers", _in_the_world(mishaps.same_number)),
    "F45": Fault(
        "a last trade says that its order is filled in part; that it is filled comes later", _end_late, _end_now
    ),
    "F47": Fault(
        "long and short of a contract are held at once",
        _in_the_world(partial(mishaps.hedge, on=True)),
        _in_the_world(partial(mishaps.hedge, on=False)),
    ),
    "F48": Fault("amounts with 27 digits before the point and 18 after it", _write_oddly, _write_plainly),
    "F49": Fault(
        "assets go by other names and move into wallets of their own",
        partial(_rename, on=True),
        partial(_rename, on=False),
    ),
    "F50": Fault("a market is no longer listed while the account trades in it", _unlist, _list_again),
}
"""By number; a letter behind it tells variants apart."""
