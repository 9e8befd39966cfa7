"""The part of the screen that panes share; says when it has another size."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Panes(Widget):
    """Holds them, each at the place that ``layout.boxes`` gives it."""

    DEFAULT_CSS = """
    Panes { height: 1fr; width: 1fr; overflow: hidden; }
    Panes > Pane { position: absolute; }
    """

    class Resized(Message):
        """There is more room, or less."""

    def on_resize(self) -> None:
        """Tell the screen, which knows who gets what."""
        self.post_message(self.Resized())
