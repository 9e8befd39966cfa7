"""The help page: every key and what it does, from the same table that binds them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget

from account_cli.tui.keys import KEYS
from account_cli.tui.model.cell import Span
from account_cli.tui.model.fit import clip, text_width
from account_cli.tui.widgets.lines import TextLines

_SIGNS = (
    ("● LIVE", "everything is heard as it happens or is asked for on time"),
    ("◐ DEGRADED", "some kind of data is late or came by asking alone"),
    ("○ STALE 42s", "nothing heard for so long; numbers are grey and slanted"),
    ("✖ OFFLINE", "nobody is collecting, or the exchange cannot be reached"),
    ("✖  !  ·", "an alert that is critical, a warning, for information"),
    ("≥", "at least: something that is held has no price"),
    ("?  —", "not known  ·  does not exist here"),
)


class HelpScreen(ModalScreen[None]):
    """Shows the keys until one of them is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter,space", "dismiss", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen TextLines { width: auto; background: $background; }
    """

    def compose(self) -> ComposeResult:
        """One block of text."""
        yield TextLines("help")

    def on_mount(self) -> None:
        """Write the page for the terminal's size."""
        self._write(self.app.size.width, self.app.size.height)

    def on_resize(self) -> None:
        """Write it anew."""
        self._write(self.app.size.width, self.app.size.height)

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """Return the page for a terminal of this size."""
        return help_lines(width, height)

    def _write(self, width: int, height: int) -> None:
        lines = self.lines(width, height)
        block: Widget = self.query_one("#help")
        block.styles.width = max((sum(text_width(s.text) for s in line) for line in lines), default=1)
        self.query_one("#help", TextLines).show(lines)


def help_lines(width: int, height: int) -> list[list[Span]]:
    """Return the help page, framed, as wide and high as it needs, at most as the terminal."""
    body: list[list[Span]] = [[Span(_left(key.shown), "key"), Span(key.does)] for key in KEYS if key.shown]
    body += [[], *([Span(_left(sign), "strong"), Span(meaning, "dim")] for sign, meaning in _SIGNS)]
    body += [[], [Span("acct only reads: no key sends an order or moves money.", "good")]]
    return framed("Keys", body, width, height)


def framed(title: str, body: list[list[Span]], width: int, height: int) -> list[list[Span]]:
    """Return lines in a frame with a title; where there is no room blank lines go, then the last ones."""
    if len(body) > height - 2:
        body = [line for line in body if line]
    inner = max(0, min(width - 2, max(sum(text_width(s.text) for s in line) for line in body) + 4))
    title = f" {title} "
    lines = [[Span("╭─", "key"), Span(title, "strong"), Span("─" * (inner - 1 - len(title)) + "╮", "key")]]
    for line in body[: max(0, height - 2)]:
        text = "".join(span.text for span in line)
        fits = text_width(text) + 4 <= inner
        shown = line if fits else [Span(clip(text, max(0, inner - 4)))]
        filler = " " * max(0, inner - 2 - text_width(text)) if fits else "  "
        lines.append([Span("│  ", "key"), *shown, Span(filler), Span("│", "key")])
    lines.append([Span("╰" + "─" * inner + "╯", "key")])
    return lines


def _left(text: str) -> str:
    return clip(text, 16)
