"""The line in which a filter is typed; the pane follows every letter."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Takes the key line's place while a filter is typed: Enter keeps the filter, Esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", show=False)]
    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; border: none; padding: 0 1; background: $panel; color: $foreground; }
    FilterLine:focus { border: none; }
    FilterLine.open { display: block; }
    """

    class Left(Message):
        """The filter is typed, or given up."""

    def __init__(self) -> None:
        super().__init__(
            id="filter",
            placeholder="filter: words that must occur, !word must not",
            max_length=60,
            select_on_focus=False,
        )

    def open(self, pattern: str) -> None:
        """Start with the filter that is there."""
        self.value = pattern
        self.cursor_position = len(pattern)
        self.add_class("open")
        self.focus()

    def close(self) -> None:
        """Give the line back."""
        self.remove_class("open")

    def action_clear(self) -> None:
        """Show all rows again."""
        self.value = ""
        self.post_message(self.Left())
