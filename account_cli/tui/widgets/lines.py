"""Lines of text that are painted only when they say something new, and say the most important things first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from account_cli.tui.model.cell import Span
from account_cli.tui.model.fit import text_width
from account_cli.tui.theme import style_of


@dataclass(frozen=True, slots=True)
class Group:
    """Words that are shown together or not at all; ``priority`` 0 stays longest. ``right`` ones stand at the edge."""

    spans: tuple[Span, ...]
    priority: int = 0
    right: bool = False

    @property
    def width(self) -> int:
        """Cells of all its words."""
        return sum(text_width(span.text) for span in self.spans)


def fit_groups(groups: Sequence[Group], width: int, *, between: str = "  ") -> list[Span]:
    """Return the words of one line: whole groups by priority as far as they fit into ``width``, in their own order."""
    room = width - 2
    chosen: set[int] = set()
    for index in sorted(range(len(groups)), key=lambda i: (groups[i].priority, i)):
        needed = groups[index].width + (len(between) if chosen else 0)
        if needed > room:
            break
        chosen.add(index)
        room -= needed
    left = [group for i, group in enumerate(groups) if i in chosen and not group.right]
    right = [group for i, group in enumerate(groups) if i in chosen and group.right]
    spans = [Span(" ")]
    spans += _with_between(left, between)
    if right:
        spans.append(Span(" " * (room + (len(between) if left else 0))))
        spans += _with_between(right, between)
    return spans


def fit_first(variants: Sequence[Sequence[Group]], width: int, *, between: str = "  ") -> list[Span]:
    """Return the words of the first variant that fits whole, or what fits of the last one."""
    for groups in variants[:-1]:
        if sum(group.width + len(between) for group in groups) - len(between) <= width - 2:
            return fit_groups(groups, width, between=between)
    return fit_groups(variants[-1], width, between=between)


def _with_between(groups: Sequence[Group], between: str) -> list[Span]:
    spans: list[Span] = []
    for group in groups:
        if spans:
            spans.append(Span(between, "dim"))
        spans += group.spans
    return spans


class TextLines(Widget):
    """Some lines of text. Nothing in them is markup."""

    ALLOW_SELECT = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._lines: list[list[Span]] = []
        self._stale = False
        self.display = False

    def show(self, lines: list[list[Span]], *, stale: bool = False) -> None:
        """Show these lines, ``stale`` ones dimmed; does nothing when they are there already."""
        if (lines, stale) == (self._lines, self._stale):
            return
        self._stale = stale
        if len(lines) != len(self._lines):
            self.styles.height = len(lines)
            self.display = bool(lines)
        self._lines = lines
        self.refresh()

    @property
    def text(self) -> str:
        """What it says, for tests and for people who ask."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.size.width
        spans = self._lines[y] if y < len(self._lines) else ()
        strip = Strip([Segment(span.text, style_of(span.tone, stale=self._stale)) for span in spans if span.text])
        return strip.adjust_cell_length(width, style_of(""))
