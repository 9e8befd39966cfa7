"""The screen is made of the very rows the commands print, and its key figures of nothing else."""

from __future__ import annotations

from account_cli.domain.health import Notice
from account_cli.domain.observations import Balance, Order
from account_cli.domain.times import SECOND
from account_cli.reports.balances import balances
from account_cli.reports.fills import fill_rows
from account_cli.reports.positions import positions
from account_cli.reports.screen import screenful
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, deposit, fill, folded, said, seen, stream, view

PERP = "BTC/USDT:USDT"
TRADES = [
    fill("1", PERP, "buy", "2", "100", "2"),
    fill("2", PERP, "sell", "1", "120", "1", at=NOW - SECOND),
]


def two_accounts() -> list[AccountView]:
    perp = view(
        deposit("USDT", "1000"),
        *TRADES,
        balances=[Balance(asset="USDT", total=D(1017))],
        prices=seen((PERP, "130"), ("USDT/USD", "0.5"), age_s=3),
        orders=[Order(id="9", symbol=PERP, status="open", created_ns=1)],
    )
    spot = view(
        deposit("USD", "50", "two"),
        account="two",
        balances=[Balance(asset="USD", total=D(50))],
    )
    return [perp, spot]


def test_rows_are_those_of_the_reports() -> None:
    views = two_accounts()
    screen = screenful(views, now_ns=NOW)
    assert screen.positions == positions(views, now_ns=NOW).items
    assert screen.balances == balances(views, now_ns=NOW).items
    assert [row.id for row in screen.orders] == ["9"]
    assert [row.liveness for row in screen.accounts] == ["LIVE", "LIVE"]
    assert screen.incomplete == ()


def test_key_figures_are_in_the_reporting_currency() -> None:
    figures = screenful(two_accounts(), now_ns=NOW).figures
    assert said(figures.currency, figures.equity, figures.equity_is_partial) == "USD 573.5 False"
    assert said(figures.realized_pnl, figures.unrealized_pnl, figures.fees, figures.funding) == "9 14.5 1.5 0"
    assert said(figures.price_age_seconds, figures.partial, figures.unpriced) == "3 () ()"


def test_the_days_change_needs_a_known_start() -> None:
    assert screenful(two_accounts(), now_ns=NOW).figures.day_change is None
    figures = screenful(two_accounts(), now_ns=NOW, day_start_equity=D(500)).figures
    assert said(figures.day_change, figures.day_change_pct) == "73.5 14.7"
    unpriced = view(balances=[Balance(asset="SHIB", total=D(1))])
    partial = screenful([unpriced], now_ns=NOW, day_start_equity=D(500)).figures
    assert said(partial.equity, partial.day_change, partial.partial) == "0 ? ('equity',)"


def test_figures_that_lack_a_part_are_named() -> None:
    it = view(deposit("FOO", "100"), fill("1", "BTC/FOO", "buy", "1", "3", "1"), *TRADES)
    figures = screenful([it], now_ns=NOW).figures
    assert set(figures.partial) == {"equity", "fees", "unrealized_pnl"}
    assert said(figures.realized_pnl, figures.fees) == "18 3"


def test_no_account_is_an_empty_screen_that_knows_nothing() -> None:
    screen = screenful([], now_ns=NOW)
    assert said(screen.figures.equity, screen.figures.price_age_seconds, screen.positions) == "? ? ()"


def test_fills_come_as_rows_or_with_their_closings() -> None:
    _, closings = folded(TRADES)
    rows = fill_rows(reversed(TRADES), closings)
    pairs = [(TRADES[1], closings), (TRADES[0], [])]
    assert screenful([], now_ns=NOW, fills=rows).fills == screenful([], now_ns=NOW, fills=pairs).fills
    assert [said(row.id, row.realized_pnl) for row in rows] == ["2 18", "1 ?"]


def test_alerts_and_reasons_and_who_collects_are_shown() -> None:
    notice = Notice(account="main", at_ns=NOW, severity="warning", code="gap", text="ws gap 8s")
    it = view(streams=[stream("orders", age_s=61)])
    screen = screenful([it], now_ns=NOW, notices=[notice], attached=True)
    assert [said(row.account, row.severity, row.code, row.text) for row in screen.alerts] == [
        "main warning gap ws gap 8s"
    ]
    assert screen.attached
    assert screen.incomplete == ("main: orders silent for 61 s",)
    assert said(screen.accounts[0].liveness, screen.accounts[0].stale_seconds) == "STALE 61"
