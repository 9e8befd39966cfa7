"""All about one alert: why it fires, its figure and limit, since when, how often it was told, and what silences it."""

from __future__ import annotations

from decimal import Decimal
from textwrap import wrap

from account_cli.domain.money import plain
from account_cli.reports.render import UNKNOWN, Privacy, clean_text, date_and_time, masked
from account_cli.reports.rows import AlertNotice, NoticeRow
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.screens.help import HelpScreen, framed
from account_cli.tui.tables.cells import sentence

_STATES = {"firing": "firing", "acknowledged": "firing, seen", "resolved": "over"}
_TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn"}


class AlertScreen(HelpScreen):
    """Shows it until a key is pressed."""

    def __init__(self, row: NoticeRow, privacy: Privacy) -> None:
        super().__init__()
        self._row, self._privacy = row, privacy

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """Return the page for a terminal of this size."""
        return alert_lines(self._row, self._privacy, width, height)


def alert_lines(row: NoticeRow, privacy: Privacy, width: int, height: int) -> list[list[Span]]:
    """Return the page, framed; figures to the last digit unless they are to be hidden."""
    key = f" {clean_text(row.key, 40)}" if isinstance(row, AlertNotice) and row.key else ""
    lines = [
        [Span(f"{clean_text(row.code, 40)}{key}", "strong"), Span(f"  {clean_text(row.account, 24)}", "dim")],
        [Span(f"{'severity':<12}", "dim"), Span(row.severity.upper(), _TONES.get(row.severity, ""))],
    ]
    room = max(20, min(width, 100) - 18)
    said = wrap(sentence(row.text, privacy), room)
    lines += [_line("" if number else "what", text) for number, text in enumerate(said)]
    if not isinstance(row, AlertNotice):
        return framed("Notice", [*lines, _line("when", f"{date_and_time(row.time)} UTC")], width, height)
    why = wrap(f"fires when {row.why}", room)
    lines += [_line("" if number else "cause", text) for number, text in enumerate(why)]
    lines += [
        _line("figure", _figure(row.value, row.unit, privacy)),
        _line("limit", _figure(row.threshold, row.unit, privacy)),
        _line("state", f"{_STATES[row.state]}, since {date_and_time(row.changed_at)} UTC"),
        _line("began", f"{date_and_time(row.time)} UTC"),
        _line("told", f"{row.told} times" if row.told != 1 else "once"),
    ]
    if row.state == "firing":
        lines += [
            [],
            [Span(f"{'a':<12}", "key"), Span(f"seen: it is not told again (acct alerts ack {row.id})", "dim")],
        ]
    return framed(f"Alert {row.id}", lines, width, height)


def _line(name: str, text: str) -> list[Span]:
    return [Span(f"{name:<12}", "dim"), Span(text)]


def _figure(value: Decimal | None, unit: str, privacy: Privacy) -> str:
    if value is None:
        return UNKNOWN
    shown = masked(plain(value), privacy, is_percent=unit in {"%", "s"})
    return f"{shown} {unit}" if unit not in {"", "amount", "ratio"} else shown
