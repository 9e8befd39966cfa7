"""The key figures: how much there is, how the day went, what is open, what is earned, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from account_cli.domain.times import DAY, SECOND
from account_cli.reports import render
from account_cli.reports.render import Privacy
from account_cli.reports.rows import EquityPointRow, Figures
from account_cli.tui.model.braille import sparkline
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.tables.cells import gain_span, gain_tone, places
from account_cli.tui.widgets.lines import Group, fit_groups

_OLD_PRICES_S = 30
_SPARK = 10


def figure_groups(figures: Figures, privacy: Privacy) -> list[Group]:
    """Return the key figures in the order of reading; the equity says ``≥`` when not all of it could be valued."""
    currency = figures.currency
    equity = _amount(figures.equity, currency, privacy)
    sign = "≥ " if figures.equity_is_partial and figures.equity is not None else ""
    groups = [
        Group((Span("Equity ", "dim"), Span(f"{sign}{equity} {currency}", "strong")), 0),
        Group((Span(_day_name(figures), "dim"), *_day(figures, privacy)), 1),
        Group((Span("uPnL ", "dim"), gain_span(figures.unrealized_pnl, currency, privacy)), 2),
        Group((Span("Realised ", "dim"), gain_span(figures.realized_pnl, currency, privacy)), 3),
        Group((Span("Fees ", "dim"), Span(_amount(figures.fees, currency, privacy))), 5),
        Group((Span("Funding ", "dim"), gain_span(figures.funding, currency, privacy)), 6),
        Group((Span("prices ", "dim"), _price_age(figures)), 4),
    ]
    if figures.unpriced:
        groups.append(Group((Span(f"{len(figures.unpriced)} unpriced", "warn"),), 7))
    return groups


def figure_line(
    figures: Figures, privacy: Privacy, width: int, curve: Sequence[EquityPointRow] = ()
) -> list[list[Span]]:
    """Return the key figures in one line, the less important ones left out where there is no room.

    With a ``curve``, its last 24 hours as a line of blocks, too; not where percentages are hidden.
    """
    groups = figure_groups(figures, privacy)
    if curve and privacy != "hidden":
        since = curve[-1].at - DAY
        blocks = sparkline([point.equity for point in curve if point.at >= since], _SPARK)
        if len(blocks) > 2:
            groups.insert(3, Group((Span(blocks, "dim"),), 3))
    return [fit_groups(groups, width, between=" │ ")]


def figure_card(figures: Figures, privacy: Privacy, width: int, most: int) -> list[list[Span]]:
    """Return the key figures one below the other, for a terminal too small for a line of them."""
    groups = sorted(figure_groups(figures, privacy), key=lambda group: group.priority)
    return [[Span(" "), *group.spans] for group in groups[: max(0, most)] if group.width < width]


def _amount(value: Decimal | None, currency: str, privacy: Privacy) -> str:
    return render.UNKNOWN if value is None else render.masked(render.amount(value, places(currency)), privacy)


def _day(figures: Figures, privacy: Privacy) -> tuple[Span, ...]:
    change = gain_span(figures.day_change, figures.currency, privacy)
    if figures.day_change_pct is None:
        return (change,)
    text = render.percentage(figures.day_change_pct)
    shown = render.masked(text, privacy, is_percent=True)
    return (change, Span(f" {shown}", gain_tone(text) if shown == text else ""))


def _day_name(figures: Figures) -> str:
    """A day (UTC) that was not seen from its beginning says from when on it was."""
    start = figures.day_start_at
    return "Day " if start is None or start % DAY == 0 else f"Since {render.clock(start)[:5]} "


def _price_age(figures: Figures) -> Span:
    seconds = figures.price_age_seconds
    if seconds is None:
        return Span(render.NONE, "dim")
    tone: Tone = "warn" if seconds > _OLD_PRICES_S else ""
    return Span(render.age(seconds * SECOND), tone)
