"""What an account risks and how its trading went, as lines of text for whatever room there is.

Amounts and leverage are hidden with amounts, all other figures with percentages. A figure that nobody knows is ``?``,
one that does not exist ``—``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from account_cli.reports import render
from account_cli.reports.curve import drawdown
from account_cli.reports.ledger_rows import PerformanceRow, StatRow
from account_cli.reports.render import Privacy
from account_cli.reports.rows import EquityRow, Screenful
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.model.fit import text_width
from account_cli.tui.tables.cells import gain_span, gain_tone, places
from account_cli.tui.widgets.lines import Group, fit_groups

_BAR = 10
_COLUMNS = 3
_HUNDRED = Decimal(100)
_LABEL = 19


class Fact(NamedTuple):
    """A figure with its name; ``priority`` 0 is kept longest where there is little room."""

    name: str
    short: str
    spans: tuple[Span, ...]
    priority: int = 1


Lines = list[list[Span]]


def risk_lines(screenful: Screenful, privacy: Privacy, width: int, height: int) -> Lines:
    """Return what fits: side by side, one above the other, or the most important in a few lines."""
    if not screenful.accounts:
        return []
    risk, statistics = _risk_facts(screenful, privacy), _statistics_table(screenful.statistics, privacy)
    left: Lines = [[Span(" Risk", "head")], *(_row(fact) for fact in risk)]
    right: Lines = [[Span(" Statistics of 30d, per closing", "head")], *statistics]
    middle = _width(left) + 1
    if middle + _width(right) < width and height >= max(len(left), len(right)):
        return _beside(left, right, min(max(middle, width // 2), width - _width(right) - 1))
    if height > len(left) + len(right):
        return [*left, [], *right]
    return _compact(screenful, risk, privacy, width)


def _compact(screenful: Screenful, risk: Sequence[Fact], privacy: Privacy, width: int) -> Lines:
    by = {fact.short: fact for fact in risk}
    groups = [
        [by["margin"], by["used"], by["free"]],
        [by["lev"], by["net"], by["gross"]],
        [by["liq"]],
        [by["DD"], by["max"], by["Sharpe"], by["Sortino"]],
    ]
    lines = [fit_groups([Group(_words(fact), fact.priority) for fact in line], width) for line in groups]
    if not screenful.statistics:
        return [*lines, [Span(" no closing in 30d", "dim")]]
    for row in screenful.statistics:
        pairs = _statistics(row, privacy)
        by = {fact.short: fact for fact in pairs}
        lines += [
            fit_groups([Group(_words(by[name]), by[name].priority) for name in names], width)
            for names in (("trades", "win", "PF", "exp"), ("avg win", "avg loss", "total"))
        ]
    return lines


def _words(fact: Fact) -> tuple[Span, ...]:
    return (Span(f"{fact.short} ", "dim"), *fact.spans)


def _row(fact: Fact) -> list[Span]:
    return [Span(f" {fact.name.ljust(_LABEL)} ", "dim"), *fact.spans]


def _width(lines: Lines) -> int:
    return max((sum(text_width(span.text) for span in line) for line in lines), default=0)


def _beside(left: Lines, right: Lines, middle: int) -> Lines:
    lines: Lines = []
    for n in range(max(len(left), len(right))):
        first = left[n] if n < len(left) else []
        gap = " " * (middle - _width([first]))
        lines.append([*first, Span(gap), *(right[n] if n < len(right) else [])])
    return lines


# ---- risk


def _risk_facts(screenful: Screenful, privacy: Privacy) -> list[Fact]:
    row, performance = screenful.risk, screenful.performance

    def money(of: Callable[[EquityRow], Decimal | None]) -> tuple[Span, ...]:
        return (_money(None if row is None else of(row), screenful.figures.currency, privacy),)

    falls = drawdown(screenful.equity_curve)
    now = None if falls is None else falls.now_pct
    deepest = None if falls is None else falls.deepest_pct
    return [
        Fact("margin ratio", "margin", _margin(row, privacy), 0),
        Fact("used margin", "used", money(lambda r: r.used_margin), 2),
        Fact("available margin", "free", money(lambda r: r.available_margin), 1),
        Fact("leverage", "lev", (_leverage(row, privacy),), 0),
        Fact("net exposure", "net", money(lambda r: r.net_exposure), 1),
        Fact("gross exposure", "gross", money(lambda r: r.gross_exposure), 2),
        Fact("nearest liquidation", "liq", _liquidation(row, privacy), 0),
        Fact("drawdown now", "DD", (_percent(now, privacy),), 0),
        Fact("deepest in 30d", "max", (_percent(deepest, privacy),), 0),
        Fact("Sharpe", "Sharpe", _ratio(performance, lambda p: p.sharpe, privacy), 1),
        Fact("Sortino", "Sortino", _ratio(performance, lambda p: p.sortino, privacy), 2),
    ]


def _margin(row: EquityRow | None, privacy: Privacy) -> tuple[Span, ...]:
    if row is None or row.margin_ratio is None:
        return (Span(render.UNKNOWN, "dim"),)
    share = row.margin_ratio * _HUNDRED
    text = render.masked(render.amount(share, 1) + "%", privacy, is_percent=True)
    if privacy == "hidden":
        return (Span(text, "dim"),)
    tone: Tone = "bad" if share >= 80 else "warn" if share >= 50 else "good"
    full = max(0, min(_BAR, int((share * _BAR / _HUNDRED).to_integral_value(rounding=ROUND_CEILING))))
    sign = "≤ " if row.partial else ""
    return (Span("█" * full, tone), Span("░" * (_BAR - full), "dim"), Span(f" {sign}{text}", tone))


def _leverage(row: EquityRow | None, privacy: Privacy) -> Span:
    if row is None or row.leverage is None:
        return Span(render.UNKNOWN, "dim")
    return _masked(render.amount(row.leverage, 2) + "×", privacy)


def _liquidation(row: EquityRow | None, privacy: Privacy) -> tuple[Span, ...]:
    if row is None:
        return (Span(render.UNKNOWN, "dim"),)
    if row.liquidation_symbol is None or row.liquidation_distance_pct is None:
        # Whoever states the margin states a liquidation price too, where there is one.
        return (Span(render.UNKNOWN if row.used_margin is None else render.NONE, "dim"),)
    distance = row.liquidation_distance_pct
    tone: Tone = "bad" if distance <= 5 else "warn" if distance <= 15 else ""
    text = _masked(render.amount(distance, 1) + "%", privacy, is_percent=True)
    if privacy == "hidden":
        tone = ""
    away = Span(text.text, text.tone or tone)
    return (away, Span(f" {render.clean_text(row.liquidation_symbol, 20)}"))


def _ratio(
    row: PerformanceRow | None, of: Callable[[PerformanceRow], Decimal | None], privacy: Privacy
) -> tuple[Span, ...]:
    value = None if row is None else of(row)
    if row is None or value is None:
        return (Span(render.UNKNOWN, "dim"),)
    shown = _masked(render.amount(value, 2), privacy, is_percent=True)
    return (shown, Span(f" n={row.days}", "warn")) if row.small else (shown,)


# ---- statistics


def _statistics(row: StatRow, privacy: Privacy) -> list[Fact]:
    currency = row.currency

    def count(value: int) -> Span:
        return _masked(str(value), privacy, is_percent=True)

    def ratio(value: Decimal | None, tail: str = "", digits: int = 2) -> Span:
        if value is None:
            return Span(render.NONE, "dim")
        return _masked(render.amount(value, digits) + tail, privacy, is_percent=True)

    def gain(value: Decimal | None) -> Span:
        return Span(render.NONE, "dim") if value is None else gain_span(value, currency, privacy)

    return [
        Fact("trades", "trades", (count(row.count),), 0),
        Fact("winners", "won", (count(row.winners),)),
        Fact("losers", "lost", (count(row.losers),)),
        Fact("break-even", "even", (count(row.break_even),)),
        Fact("win rate", "win", (ratio(row.win_rate, "%", 1),), 0),
        Fact("average win", "avg win", (gain(row.average_win),), 0),
        Fact("average loss", "avg loss", (gain(row.average_loss),), 0),
        Fact("profit factor", "PF", (ratio(row.profit_factor),), 1),
        Fact("expectancy", "exp", (gain(row.expectancy), Span(f" {render.clean_text(currency, 8)}", "dim")), 2),
        Fact("realised", "total", (gain(row.total),), 1),
    ]


def _statistics_table(rows: Sequence[StatRow], privacy: Privacy) -> Lines:
    """One line a figure, one column a currency, those with most trades first."""
    if not rows:
        return [[Span(" "), Span("no closing in 30d", "dim")]]
    shown = rows[:_COLUMNS]
    columns = [_statistics(row, privacy) for row in shown]
    heads = [render.clean_text(row.currency, 8) for row in shown]
    widths = [
        max(text_width(head), *(text_width(fact.spans[0].text) for fact in facts))
        for head, facts in zip(heads, columns, strict=True)
    ]
    more = f"  and {len(rows) - _COLUMNS} more" if len(rows) > _COLUMNS else ""
    head = "  ".join(text.rjust(width) for text, width in zip(heads, widths, strict=True))
    lines: Lines = [[Span(" "), Span(f"{'in':<14} {head}{more}", "dim")]]
    for n, fact in enumerate(columns[0]):
        line = [Span(" "), Span(f"{fact.name:<14} ", "dim")]
        for i, (facts, width) in enumerate(zip(columns, widths, strict=True)):
            span = facts[n].spans[0]
            line += [Span(("  " if i else "") + " " * (width - text_width(span.text))), span]
        lines.append(line)
    return lines


# ---- figures


def _masked(text: str, privacy: Privacy, *, is_percent: bool = False) -> Span:
    shown = render.masked(text, privacy, is_percent=is_percent)
    return Span(shown, "" if shown == text else "dim")


def _money(value: Decimal | None, currency: str, privacy: Privacy) -> Span:
    if value is None:
        return Span(render.UNKNOWN, "dim")
    return _masked(render.amount(value, places(currency)), privacy)


def _percent(value: Decimal | None, privacy: Privacy) -> Span:
    if value is None:
        return Span(render.UNKNOWN, "dim")
    text = render.percentage(value)
    shown = _masked(text, privacy, is_percent=True)
    return shown if shown.text != text else Span(text, gain_tone(text))
