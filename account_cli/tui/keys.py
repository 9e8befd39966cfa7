"""Every key there is, once: the bindings, the footer line and the help page are made from this table.

None of them can send an order: ``acct`` only reads.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, what it does, and how it is called in the footer line (which leaves out those without a ``label``).

    ``keys`` and ``action`` are in Textual's words; keys without an action are bound by the widget that has the focus.
    What is not ``shown`` is told by the line before it.
    """

    shown: str = ""
    does: str = ""
    label: str = ""
    keys: str = ""
    action: str = ""


KEYS: tuple[Key, ...] = (
    Key(shown="?", label="help", does="this page", keys="question_mark,f1", action="app.help"),
    Key(
        shown="/",
        label="filter",
        does="filter the pane: words that must occur, !word must not",
        keys="slash",
        action="filter",
    ),
    Key(shown="s", label="sort", does="sort by the next column, at last by none", keys="s", action="sort"),
    Key(
        shown="S",
        label="reverse",
        does="turn the order round, and put every row where it belongs",
        keys="S",
        action="sort_turned",
    ),
    Key(
        shown="␣",
        label="freeze",
        does="Space: stop the picture, go on collecting; again: catch up",
        keys="space",
        action="app.freeze",
    ),
    Key(
        shown="$",
        label="hide",
        does="hide amounts; again: percentages too; again: show all",
        keys="dollar_sign",
        action="app.privacy",
    ),
    Key(shown="1…9", label="pane", does="go to a pane; again: that pane alone"),
    Key(
        shown="[  ]",
        does="the chart: a shorter, a longer time",
        keys="left_square_bracket",
        action="reach(-1)",
    ),
    Key(keys="right_square_bracket", action="reach(1)"),
    Key(shown="p", does="the chart: profit and loss, or equity again", keys="p", action="turn"),
    Key(shown="z", does="this pane alone, or all panes", keys="z", action="zoom"),
    Key(
        shown="r",
        label="reconcile",
        does="what differs from the exchange; Enter: all about a figure, and the newest runs",
        keys="r",
        action="differences",
    ),
    Key(
        shown="a",
        label="ack",
        does="the alert under the cursor is seen, and not told again; A: all are; Enter: all about it",
        keys="a",
        action="app.acknowledge",
    ),
    Key(keys="A", action="app.acknowledge(True)"),
    Key(keys="enter", action="open"),
    Key(shown="Tab  Shift-Tab", does="next, previous pane", keys="", action=""),
    Key(shown="j k ↓ ↑ g G", does="one row down, up; first, last row; PgDn PgUp: a page"),
    Key(shown="Esc", does="clear the filter; all panes again", keys="escape", action="back"),
    Key(shown="q", label="quit", does="quit", keys="q", action="app.leave"),
)
"""In the order of the help page; the footer line drops from the right where there is no room, but never ``q``."""
