"""Orders, fills and alerts: what is intended, what happened, what went wrong."""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.times import DAY
from account_cli.reports import render
from account_cli.reports.rows import AlertNotice, FillRow, NoticeRow, OrderRow
from account_cli.tui.model.cell import NOT_KNOWN, NOTHING, Cell, Tone
from account_cli.tui.model.column import Column, Showing, Table
from account_cli.tui.tables.cells import age, amount, gain, percent, price, sentence, words
from account_cli.tui.tables.empty import no_alert, no_fill, no_order

_SEVERITY: dict[str, tuple[str, Tone]] = {"critical": ("✖", "bad"), "warning": ("!", "warn"), "info": ("·", "dim")}
_STATES: dict[str, tuple[str, Tone]] = {
    "firing": ("firing", "bad"),
    "acknowledged": ("seen", "dim"),
    "resolved": ("over", "dim"),
}
_RANK = {"critical": 2, "warning": 1, "info": 0}


def _side(side: str | None) -> Cell:
    if side == "buy":
        return Cell("BUY", "up")
    return Cell("SELL", "down") if side == "sell" else words(side)


def _time(at_ns: int, showing: Showing) -> Cell:
    """Today's times as a clock, older ones with their day."""
    text = render.date_and_time(at_ns)
    return Cell(text[11:] if at_ns // DAY == showing.now_ns // DAY else text[5:16])


def _filled(row: OrderRow, showing: Showing) -> Cell:
    """The filled part in percent of the whole."""
    if row.filled is None or not row.quantity:
        return NOT_KNOWN
    share = f"{int(row.filled * 100 / row.quantity)}%"
    return Cell(render.masked(share, showing.privacy, is_percent=True), "" if row.filled else "dim")


def _size(row: FillRow) -> Decimal | None:
    return row.contracts if row.inverse else row.quantity


def _fees(row: FillRow, showing: Showing) -> Cell:
    if row.fees is None:
        return NOT_KNOWN
    if not row.fees:
        return NOTHING
    text = " ".join(f"{amount(fee.amount, showing).text} {render.clean_text(fee.asset, 10)}" for fee in row.fees)
    return Cell(text)


def _fill_type(row: FillRow, _: Showing) -> Cell:
    return NOTHING if row.type == "trade" else words(row.type, "warn")


def _liquidity(row: FillRow, _: Showing) -> Cell:
    return Cell(row.liquidity[:1].upper(), "dim") if row.liquidity in {"maker", "taker"} else NOTHING


def _realized(row: FillRow, showing: Showing) -> Cell:
    return gain(row.realized_pnl, fill_currency(row), showing, missing=NOTHING)


def _sign(row: NoticeRow, _: Showing) -> Cell:
    sign, tone = _SEVERITY.get(row.severity, ("?", ""))
    return Cell(sign, tone if is_new(row) else "dim")


def is_new(row: NoticeRow) -> bool:
    """True for a notice, and for an alert that is firing and that nobody acknowledged."""
    return not isinstance(row, AlertNotice) or row.state == "firing"


def _state(row: NoticeRow, _: Showing) -> Cell:
    return Cell(*_STATES[row.state]) if isinstance(row, AlertNotice) else NOTHING


def _rank(row: NoticeRow) -> int:
    return _RANK.get(row.severity, 3)


def _notice(row: NoticeRow, showing: Showing) -> Cell:
    tone = _SEVERITY.get(row.severity, ("", ""))[1] if is_new(row) else "dim"
    return Cell(sentence(row.text, showing.privacy), tone)


def fill_currency(row: FillRow) -> str | None:
    """What a fill's profit is counted in: what the contract settles in, else the pair's quote."""
    return row.settle or row.symbol.partition(":")[0].partition("/")[2] or None


O = Column[OrderRow]  # noqa: E741
ORDERS = Table[OrderRow](
    name="orders",
    title="Orders",
    rows=lambda s: s.orders,
    key=lambda r: f"{r.account}\0{r.id}",
    account=lambda r: r.account,
    words=lambda r: f"{r.symbol or ''} {r.side or ''} {r.type or ''} {r.status or ''} {r.account} {r.id}",
    empty=no_order,
    columns=(
        O("created_at", "Age", 5, lambda r, s: age(r.created_at, s), align="right", ages=True),
        O("symbol", "Symbol", 0, lambda r, _: words(r.symbol), widest=20, grows=True),
        O("account", "Account", 2, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        O("side", "Side", 1, lambda r, _: _side(r.side)),
        O("type", "Type", 6, lambda r, _: words(r.type), widest=12),
        O("quantity", "Qty", 3, lambda r, s: amount(r.quantity, s), align="mixed"),
        O("filled", "Filled", 4, _filled, align="right"),
        O("price", "Price", 2, lambda r, s: price(r.price, s, exact=True, missing=NOTHING), align="mixed"),
        O("average", "Average", 9, lambda r, s: price(r.average, s, missing=NOTHING), align="mixed"),
        O("status", "Status", 8, lambda r, _: words(r.status), widest=10),
        O("id", "Order id", 10, lambda r, _: words(r.id, "dim"), widest=36),
        O("client_id", "Client id", 11, lambda r, _: words(r.client_id, "dim"), widest=36),
    ),
)

F = Column[FillRow]
FILLS = Table[FillRow](
    name="fills",
    title="Fills",
    rows=lambda s: s.fills,
    key=lambda r: f"{r.account}\0{r.symbol}\0{r.id}\0{r.order_id}\0{r.side}",
    account=lambda r: r.account,
    words=lambda r: f"{r.symbol} {r.side} {r.type} {r.liquidity or ''} {r.account} {r.id} {r.order_id}",
    empty=no_fill,
    columns=(
        F("time", "Time UTC", 1, lambda r, s: _time(r.time, s), align="right"),
        F("symbol", "Symbol", 0, lambda r, _: words(r.symbol), widest=20, grows=True),
        F("account", "Account", 2, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        F("side", "Side", 2, lambda r, _: _side(r.side)),
        F("quantity", "Qty", 3, lambda r, s: amount(_size(r), s), sort=_size, align="mixed"),
        F("price", "Price", 4, lambda r, s: price(r.price, s, exact=True), align="mixed"),
        F("fees", "Fee", 6, _fees, sort=lambda r: r.fees[0].amount if r.fees else None, align="right"),
        F("liquidity", "M/T", 7, _liquidity),
        F("realized_pnl", "Realised", 5, _realized, align="mixed"),
        F("roi_pct", "ROI", 9, lambda r, s: percent(r.roi_pct, s, missing=NOTHING), align="decimal"),
        F("type", "Kind", 10, _fill_type, widest=12),
        F("order_id", "Order id", 11, lambda r, _: words(r.order_id, "dim"), widest=36),
        F("id", "Fill id", 12, lambda r, _: words(r.id, "dim"), widest=36),
    ),
)

A = Column[NoticeRow]
ALERTS = Table[NoticeRow](
    name="alerts",
    title="Alerts",
    rows=lambda s: s.alerts,
    key=lambda r: f"{r.account}\0{r.time}\0{r.code}\0{r.text}\0{r.id if isinstance(r, AlertNotice) else ''}",
    account=lambda r: r.account,
    words=lambda r: f"{r.severity} {r.code} {r.account} {r.state if isinstance(r, AlertNotice) else ''}",
    empty=no_alert,
    fades=False,
    columns=(
        A("time", "Time UTC", 3, lambda r, s: _time(r.time, s), align="right"),
        A("severity", "", 1, _sign, sort=_rank),
        A("account", "Account", 4, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        A("state", "State", 2, _state, sort=lambda r: r.state if isinstance(r, AlertNotice) else "", widest=6),
        A("code", "Rule", 5, lambda r, _: words(r.code, "dim"), widest=18),
        A("text", "What", 0, _notice, widest=27, grows=True),
    ),
)
