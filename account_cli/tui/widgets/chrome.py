"""The tab bar, the note line and the key line: what can be done here, and what one should know."""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.reports.render import Privacy, clean_text
from account_cli.reports.rows import Screenful
from account_cli.tui.keys import KEYS
from account_cli.tui.layout import LEAST_HEIGHT, LEAST_WIDTH, Mode
from account_cli.tui.model.cell import Span
from account_cli.tui.tables.cells import sentence
from account_cli.tui.widgets.lines import Group, fit_first, fit_groups
from account_cli.tui.widgets.pane import Pane
from account_cli.tui.widgets.status import Situation


def tab_line(panes: Sequence[Pane], current: str, width: int) -> list[list[Span]]:
    """Return the tabs with their numbers and row counts, and what a framed pane says in its frame.

    Where there is no room, only the current one is counted, then the others' names are shortened and brought together.
    """
    note = next((pane.sort_spans() + pane.note_spans() for pane in panes if pane.id == current), [])
    blanks = tuple(item for span in note for item in (Span("  "), span))[1:]
    said = [Group(blanks, 2, right=True)] if note else []
    lengths = ((None, " "), (20, " "), (3, " "), (3, ""))
    variants = [[_tab(pane, current, *shape) for pane in panes] + said for shape in lengths]
    return [fit_first(variants, width, between="")]


def _tab(pane: Pane, current: str, length: int | None, after: str) -> Group:
    here, title = pane.id == current, pane.title
    text = f"{title} {pane.count}".rstrip() if here or length is None else title[:length]
    before, behind = ("[", "]") if here else (" ", after)
    name = Span(text, "strong" if here else "dim")
    return Group((Span(f"{before}{pane.number} ", "key"), name, Span(behind, "key")), 0 if here else 1)


def note_lines(screenful: Screenful | None, situation: Situation, mode: Mode, width: int) -> list[list[Span]]:
    """Return what is wrong or missing, in one line; none when all is well."""
    if situation.error is not None:
        return [fit_groups([Group((Span(clean_text(situation.error, max(10, width - 2)), "bad"),))], width)]
    if mode == "small":
        text = f"enlarge the terminal to {LEAST_WIDTH}x{LEAST_HEIGHT} or more"
        return [[Span(" "), Span(clean_text(text, max(4, width - 2)), "warn")]]
    if screenful is None or not screenful.incomplete:
        return []
    return [_incomplete(screenful.incomplete, situation.privacy, width)]


def _incomplete(reasons: Sequence[str], privacy: Privacy, width: int) -> list[Span]:
    head = f"! incomplete ({len(reasons)}): " if len(reasons) > 1 else "! incomplete: "
    text = " · ".join(sentence(reason, privacy) for reason in reasons)
    return [Span(" "), Span(head, "warn"), Span(clean_text(text, max(4, width - len(head) - 2)), "dim")]


def filter_prompt(pane: str) -> list[list[Span]]:
    """Return what stands before a filter while it is typed."""
    return [[Span(" /", "key"), Span(f" filter {pane}", "dim")]]


def key_line(width: int) -> list[list[Span]]:
    """Return the keys with their names; where there is no room later ones go, never help and quit."""
    groups = []
    for number, key in enumerate(k for k in KEYS if k.label):
        keep = 0 if key.label in {"help", "quit"} else number
        groups.append(Group((Span(key.shown, "key"), Span(f" {key.label}", "dim")), keep))
    return [fit_groups(groups, width)]
