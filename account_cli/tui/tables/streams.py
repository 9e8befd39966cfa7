"""How every account is being followed: one row for each kind of data, with when it last said anything."""

from __future__ import annotations

import msgspec

from account_cli.domain.times import SECOND
from account_cli.reports import render
from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import NOTHING, Cell, Tone
from account_cli.tui.model.column import Column, Showing, Table
from account_cli.tui.tables.cells import sentence, words
from account_cli.tui.tables.empty import no_stream

STATUS_TONE: dict[str, Tone] = {
    "live": "good",
    "polling": "good",
    "starting": "warn",
    "catching-up": "warn",
    "degraded": "warn",
    "offline": "bad",
    "stopped": "bad",
}


class StreamLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data of one account."""

    account: str
    kind: str
    strategy: str
    status: str
    last_message_at: int | None
    detail: str | None


def stream_lines(screenful: Screenful) -> tuple[StreamLine, ...]:
    """Lay out what every account says of its streams as one row each."""
    return tuple(
        StreamLine(
            account=row.account,
            kind=stream.kind,
            strategy=stream.strategy,
            status=stream.status,
            last_message_at=stream.last_message_at,
            detail=stream.detail,
        )
        for row in screenful.accounts
        for stream in row.streams
    )


def _last(row: StreamLine, showing: Showing) -> Cell:
    if row.last_message_at is None:
        return NOTHING
    passed = showing.now_ns - row.last_message_at
    return Cell(render.age(passed), "warn" if row.strategy == "stream" and passed > 30 * SECOND else "")


def _status(row: StreamLine, _: Showing) -> Cell:
    return Cell("off", "dim") if row.strategy == "off" else words(row.status, STATUS_TONE.get(row.status, ""))


def _strategy(row: StreamLine, _: Showing) -> Cell:
    return NOTHING if row.strategy == "off" else words(row.strategy, "dim")


def _detail(row: StreamLine, showing: Showing) -> Cell:
    return Cell(sentence(row.detail, showing.privacy), "dim") if row.detail else NOTHING


L = Column[StreamLine]
STREAMS = Table[StreamLine](
    name="streams",
    title="Streams",
    rows=stream_lines,
    key=lambda r: f"{r.account}\0{r.kind}",
    account=lambda r: r.account,
    words=lambda r: f"{r.kind} {r.strategy} {r.status} {r.account}",
    empty=no_stream,
    fades=False,
    columns=(
        L("account", "Account", 2, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        L("kind", "Data", 0, lambda r, _: words(r.kind), widest=12),
        L("status", "Status", 1, _status, widest=12),
        L("last_message_at", "Last", 2, _last, align="right", ages=True),
        L("strategy", "How", 4, _strategy, widest=8),
        L("detail", "Detail", 5, _detail, widest=24, grows=True),
    ),
)
