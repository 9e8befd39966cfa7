"""A window on rows: which are in sight, which one the reader is at, and how both stay put when rows come and go."""

from __future__ import annotations

from collections.abc import Sequence


class View:
    """``page`` rows of ``order`` from ``top`` on, and a cursor that follows its row by name.

    ``cursor`` None is the first row, whichever that is: who never moved stays at the top while rows come in above.
    """

    def __init__(self) -> None:
        self.order: Sequence[str] = ()
        self.page = 0
        self.top = 0
        self.cursor: str | None = None

    @property
    def index(self) -> int:
        """The cursor's place in the order."""
        if self.cursor is None:
            return 0
        try:
            return self.order.index(self.cursor)
        except ValueError:
            return 0

    @property
    def at(self) -> str | None:
        """The row under the cursor."""
        return self.order[self.index] if self.order else None

    @property
    def in_sight(self) -> Sequence[str]:
        """The rows on the screen, from above."""
        return self.order[self.top : self.top + self.page]

    def line_of(self, key: str) -> int | None:
        """The line that a row is on, from 0, when it is in sight."""
        try:
            return self.order.index(key, self.top, self.top + self.page) - self.top
        except ValueError:
            return None

    def replace(self, order: Sequence[str]) -> None:
        """Rows came, went or moved: the row under the cursor stays on its line as far as there are rows.

        When that row itself is gone, the cursor is on the one that took its place.
        """
        before = self.index
        self.order = order
        if self.cursor is not None:
            if self.cursor not in order:
                self.cursor = order[min(before, len(order) - 1)] if order else None
            self.top += self.index - before
        self.clamp()

    def resize(self, page: int) -> None:
        """There is room for ``page`` rows; the cursor stays in sight."""
        self.page = max(0, page)
        if self.cursor is not None:
            self._show(self.index)
        self.clamp()

    def go(self, index: int) -> None:
        """Put the cursor on a row, the nearest one there is, and bring it in sight."""
        if self.order:
            index = max(0, min(index, len(self.order) - 1))
            self.cursor = self.order[index]
            self._show(index)
            self.clamp()

    def scroll(self, by: int) -> None:
        """Look further down or up; the cursor stays where it is."""
        self.top += by
        self.clamp()

    def clamp(self) -> None:
        """Leave no empty lines below the last row while there are rows above."""
        self.top = max(0, min(self.top, len(self.order) - self.page))

    def _show(self, index: int) -> None:
        self.top = min(max(self.top, index - self.page + 1), index)
