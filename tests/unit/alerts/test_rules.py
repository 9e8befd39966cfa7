"""What each rule sees, and from where on it fires; the rows that the sources gave are named."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from account_cli.alerts import (
    B25,
    RULES,
    Peak,
    Reading,
    RuleSetting,
    Settings,
    judge,
    of_fact,
    readings,
    rule_named,
)
from account_cli.domain.health import StreamRow
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import Balance, Position
from account_cli.domain.times import MINUTE, SECOND
from account_cli.reconciliation import Item, Run
from account_cli.reports.history import HistoryPoint
from account_cli.reports.valuation import PriceGraph
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, deposit, fill, seen, view


def live(it: AccountView) -> AccountView:
    """The account with streams that were heard just now."""
    rows = [
        StreamRow(account=it.account, kind=kind, strategy="stream", status="live", beat_ns=NOW, last_message_ns=NOW)
        for kind in ("balances", "positions", "fills")
    ]
    return msgspec.structs.replace(it, streams=tuple(rows))


def verdict(rule: str, value: str | None, settings: Settings, *, key: str = "", firing: bool = False) -> str | None:
    found = rule_named(rule)
    assert found is not None
    reading = Reading(rule=rule, account="a", key=key, value=None if value is None else D(value), text="")
    judged = judge(reading, settings.standard(found, "a", key), firing=firing)
    if judged is None:
        return None
    return judged.severity if judged.is_ == "breach" else judged.is_


def point(minute: int, equity: str, flows: str = "10000") -> HistoryPoint:
    return HistoryPoint(account="a", at_ns=minute * MINUTE, currency="USD", equity=D(equity), flows=D(flows))


@pytest.mark.parametrize(("lost", "said"), [("600", "critical"), ("400", "clear")])
def test_row_of_the_sources_capital_10000_lose_600_or_400_limit_5_percent(lost: str, said: str) -> None:
    fallen = Peak().after([point(0, "10000"), point(1, str(10000 - int(lost)))]).drawdown_pct
    assert verdict("HIGH_DRAWDOWN", str(fallen), B25) == said


@pytest.mark.parametrize(("total", "said"), [("900", "warning"), ("1000", "clear")])
def test_row_of_the_sources_total_900_or_1000_minimum_1000(total: str, said: str) -> None:
    assert verdict("LOW_BALANCE", total, B25, key="*") == said


def test_a_withdrawal_is_no_drawdown() -> None:
    assert Peak().after([point(0, "10000"), point(1, "4000", flows="4000")]).drawdown_pct == 0
    assert Peak().after([point(0, "10000")]).drawdown_pct is None


def test_a_figure_on_the_edge_does_not_flap() -> None:
    assert verdict("HIGH_MARGIN_RATIO", "0.8", B25) == "clear"
    assert verdict("HIGH_MARGIN_RATIO", "0.801", B25) == "critical"
    assert verdict("HIGH_MARGIN_RATIO", "0.79", B25, firing=True) == "critical"
    assert verdict("HIGH_MARGIN_RATIO", "0.784", B25, firing=True) == "clear"
    assert verdict("LOW_BALANCE", "1010", B25, key="*", firing=True) == "warning"
    assert verdict("LOW_BALANCE", "1020", B25, key="*", firing=True) == "clear"


def test_thresholds_are_of_a_rule_an_account_and_an_asset() -> None:
    one = Settings(
        rules={
            "LOW_BALANCE": RuleSetting(
                threshold=D(1000),
                assets={"BTC": D("0.5")},
                accounts={"a": RuleSetting(threshold=D(50)), "b": RuleSetting(enabled=False)},
            ),
            "HIGH_LEVERAGE": RuleSetting(threshold=D(3), critical=D(5)),
        }
    )
    assert verdict("LOW_BALANCE", "60", one, key="*") == "clear"
    assert verdict("LOW_BALANCE", "0.4", one, key="BTC") == "warning"
    assert verdict("LOW_BALANCE", "0", one, key="ETH") is None, "an amount of one asset is no amount of another"
    assert [verdict("HIGH_LEVERAGE", value, one) for value in ("3", "4", "6")] == ["clear", "warning", "critical"]
    assert not one.watches("LOW_BALANCE", "b")


def test_what_cannot_be_told_neither_fires_nor_clears() -> None:
    assert verdict("HIGH_MARGIN_RATIO", None, B25) == "unknown"
    low = rule_named("LOW_BALANCE")
    assert low is not None
    standard = B25.standard(low, "a", "*")
    at_least = Reading(rule="LOW_BALANCE", account="a", key="*", value=D(900), text="", may_be_better=True)
    judged = judge(at_least, standard, firing=False)
    assert judged is not None
    assert judged.is_ == "unknown", "900 at least may be 1000"
    enough = judge(msgspec.structs.replace(at_least, value=D(1000)), standard, firing=False)
    assert enough is not None
    assert enough.is_ == "clear"


def by_key(found: list[Reading]) -> dict[tuple[str, str], Decimal | None]:
    return {(one.rule, one.key): one.value for one in found}


def test_the_figures_are_those_of_the_reports() -> None:
    perp = "BTC/USDT:USDT"
    it = view(
        deposit("USDT", "1000"),
        fill("1", perp, "sell", "1", "100", "1"),
        balances=[Balance(asset="USDT", total=D(999))],
        prices=seen((perp, "90"), ("USDT/USD", "1")),
        positions=[Position(symbol=perp, quantity=D(-1), margin=D("100.9"), liquidation_price=D(180))],
    )
    low = RuleSetting(threshold=D(1000), assets={"USDT": D(5)})
    settings = msgspec.structs.replace(B25, rules={**B25.rules, "LOW_BALANCE": low}, worked_out={})
    found = by_key(readings(live(it), settings, now_ns=NOW))
    assert found["LOW_BALANCE", "*"] == 1009
    assert found["LOW_BALANCE", "USDT"] == 999
    assert found["HIGH_MARGIN_RATIO", ""] == D("0.1")
    assert found["LIQUIDATION_NEAR", perp] == 100
    assert found["HIGH_DRAWDOWN", ""] is None, "no history, no drawdown"
    old = by_key(readings(it, B25, now_ns=NOW + 1000 * SECOND))
    assert old["HIGH_MARGIN_RATIO", ""] is None, "figures that are not up to date tell nothing"


def test_local_9900_against_10000_is_a_drift_of_one_percent_and_a_hundred() -> None:
    item = Item(kind="balance", wallet="spot", key="USD", local=D(9900), exchange=D(10000), state="unexplained")
    run = Run(account="a", at_ns=NOW, version="1", head=1, read_ns=NOW, compared=1, items=(item,))
    it = msgspec.structs.replace(view(), runs=((1, run),), compared_ns=NOW)
    (drift,) = [one for one in readings(it, B25, now_ns=NOW) if one.rule == "BALANCE_DRIFT"]
    assert (drift.key, drift.value, drift.amount) == ("USD", D(1), D(100))
    assert verdict("BALANCE_DRIFT", str(drift.value), B25, key="USD") == "clear", "1 % is not more than 1 %"
    assert verdict("BALANCE_DRIFT", str(drift.value), Settings(), key="USD") == "warning"


def test_a_liquidation_always_speaks_and_a_fill_by_its_size() -> None:
    graph = PriceGraph(seen(("BTC/USD", "100")), now_ns=NOW)
    plain = fill("1", "BTC/USD", "buy", "2", "100", "1")
    assert of_fact(plain, Settings(), graph, "USD") == []
    forced = msgspec.structs.replace(plain, type="liquidation")
    (spoken,) = of_fact(forced, Settings(), graph, "USD")
    assert (spoken.rule, spoken.key) == ("UNEXPECTED_FILL", "BTC/USD")
    sized = Settings(rules={"LARGE_FILL": RuleSetting(threshold=D(150))})
    (large,) = of_fact(plain, sized, graph, "USD")
    assert large.value == 200
    moved = Settings(rules={"LARGE_TRANSFER": RuleSetting(threshold=D(10))})
    (arrived,) = of_fact(deposit("BTC", "2"), moved, graph, "USD")
    assert (arrived.key, arrived.value) == ("BTC", D(200))


def test_every_rule_has_a_name_a_sentence_and_one_severity() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 20
    assert all(rule.summary and rule.name.isupper() for rule in RULES)


def test_an_asset_that_is_not_held_is_held_at_zero_where_the_exchange_stated_all() -> None:
    named = Settings(rules={"LOW_BALANCE": RuleSetting(assets={"BNB": D(1)})})
    it = view(deposit("USD", "10"), balances=[Balance(asset="USD", total=D(10))])
    found = by_key(readings(live(it), named, now_ns=NOW))
    assert found["LOW_BALANCE", "BNB"] == 0


def test_a_comparison_with_what_was_stated_before_the_exchange_fell_silent_is_none() -> None:
    run = Run(account="a", at_ns=NOW, version="1", head=1, read_ns=NOW, compared=1, items=())
    it = live(msgspec.structs.replace(view(), runs=((1, run),)))
    later = NOW + 1000 * SECOND

    def seconds(heard_ns: int) -> Decimal | None:
        rows = tuple(msgspec.structs.replace(row, beat_ns=later, last_message_ns=heard_ns) for row in it.streams)
        now = msgspec.structs.replace(it, streams=rows, compared_ns=later)
        return by_key(readings(now, Settings(), now_ns=later))["RECONCILE_FAILED", ""]

    assert seconds(later) == 0
    assert seconds(NOW) == 1000


def test_an_asset_that_no_market_knows_is_not_held_at_zero() -> None:
    named = Settings(rules={"LOW_BALANCE": RuleSetting(assets={"BTX": D(1), "BTC": D(1)})})
    it = view(deposit("USD", "10"), balances=[Balance(asset="USD", total=D(10))])
    market = Instrument(symbol="BTC/USD", base="BTC", quote="USD")
    found = readings(live(msgspec.structs.replace(it, instruments={"BTC/USD": market})), named, now_ns=NOW)
    (odd,) = [one for one in found if one.key == "BTX"]
    assert (odd.value, odd.text) == (None, "no market knows the asset BTX, did you mean BTC?")
    assert by_key(found)["LOW_BALANCE", "BTC"] == 0


def test_a_name_that_nobody_knows_is_told_of_every_rule_with_the_place_where_it_stands() -> None:
    rules = {
        "LOW_BALANCE": RuleSetting(assets={"BTX": D(1)}),
        "LARGE_TRANSFER": RuleSetting(accounts={"main": RuleSetting(assets={"ETX": D(1), "BTC": D(1)})}),
        "POSITION_DRIFT": RuleSetting(assets={"BTC/USX": D(1), "BTC/USD long": D(1)}),
        "LARGE_FILL": RuleSetting(enabled=False, assets={"BTC/USX": D(1)}),
    }
    written = {("LOW_BALANCE", "", "BTX"): "f:2 [k]", ("LARGE_TRANSFER", "main", "ETX"): "f:5 [l]"}
    named = Settings(rules=rules, written=written)
    it = live(view(balances=[Balance(asset="BTC", total=D(2))]))
    market = Instrument(symbol="BTC/USD", base="BTC", quote="USD")
    found = readings(live(msgspec.structs.replace(it, instruments={"BTC/USD": market})), named, now_ns=NOW)
    assert {(one.rule, one.key): one.text for one in found if one.lacks == "name"} == {
        ("LOW_BALANCE", "BTX"): "f:2 [k]: no market knows the asset BTX, did you mean BTC?",
        ("LARGE_TRANSFER", "ETX"): "f:5 [l]: no market knows the asset ETX",
        ("POSITION_DRIFT", "BTC/USX"): "there is no market BTC/USX, did you mean BTC/USD?",
    }


def test_an_account_that_holds_nothing_or_something_without_a_price_is_no_risk() -> None:
    empty = by_key(readings(live(view(balances=[])), Settings(), now_ns=NOW))
    assert (empty["HIGH_MARGIN_RATIO", ""], empty["HIGH_LEVERAGE", ""]) == (D(0), D(0))
    it = view(balances=[Balance(asset="USD", total=D(9)), Balance(asset="GIFT", total=D(5))])
    unpriced = by_key(readings(live(it), Settings(), now_ns=NOW))
    assert (unpriced["HIGH_MARGIN_RATIO", ""], unpriced["HIGH_LEVERAGE", ""]) == (D(0), D(0))
