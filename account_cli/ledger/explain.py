"""Every figure can be taken apart: the formula in words, and the inputs it was worked out from.

Pure rows, top down: a step has a label, a formula and a value; its inputs are what the formula names. A closing is
explained by the pieces of lots it took, so a reader can follow a gain back to the fills it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.money import MONEY, plain
from account_cli.domain.times import format_time
from account_cli.ledger.closings import Closing
from account_cli.ledger.figures import PositionFigures


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an explanation; ``value`` None is unknown, ``currency`` None is a quantity. ``depth`` indents it."""

    label: str
    formula: str
    value: Decimal | None
    currency: str | None = None
    depth: int = 0
    note: str | None = None


def explain_position(figures: PositionFigures, mark: Decimal | None, mark_note: str | None = None) -> tuple[Step, ...]:
    """Explain a position's unrealised P&L; ``mark_note`` says where the mark is from and how old it is."""
    currency = figures.currency
    known = figures.known_quantity
    price_part = None if figures.cost is None else MONEY.subtract(figures.cost, figures.open_fees)
    steps = [
        Step(label="quantity held", formula="all that was bought − all that was sold", value=figures.quantity),
        Step(label="paid for it", formula="quantity × price of each opening fill still open", value=price_part,
             currency=currency, depth=1),
        Step(label="entry fees", formula="their fees, as far as their quantity is still open", value=figures.open_fees,
             currency=currency, depth=1),
        Step(label="cost", formula="paid for it + entry fees", value=figures.cost, currency=currency),
    ]  # fmt: skip
    if figures.unknown_open_quantity:
        steps.append(
            Step(label="of unknown cost", formula="not part of cost, value and gain", depth=1,
                 value=figures.unknown_open_quantity)
        )  # fmt: skip
    if mark is None:
        missing = Step(
            label="mark price", formula="the market's price now", value=None, currency=currency, note=mark_note
        )
        return (*steps, missing)
    formula = "−contracts × contract size ÷ mark" if figures.inverse else "quantity of known cost × mark"
    value = figures.value(mark)
    return (
        *steps,
        Step(label="mark price", formula="the market's price", value=mark, currency=currency, note=mark_note),
        Step(
            label="market value", formula=f"{formula} = {plain(known)} at {plain(mark)}", value=value, currency=currency
        ),
        Step(label="unrealised P&L", formula="market value − cost", value=figures.unrealized(mark), currency=currency),
    )


def explain_pnl(
    figures: PositionFigures, closings: Iterable[Closing] = (), unrealized: Decimal | None = None
) -> tuple[Step, ...]:
    """Explain a line's net P&L from its parts, and its realised part from ``closings`` (those of this line)."""
    currency = figures.currency
    parts: list[tuple[str, str, Decimal | None]] = [
        ("gross realised", "Σ (price received − price paid) of what was closed", figures.gross_realized_pnl),
        ("fees", "of what was closed, entry and exit", figures.fees),
        ("realised P&L", "gross realised − fees", figures.realized_pnl),
    ]
    steps = [Step(label=label, formula=text, value=value, currency=currency) for label, text, value in parts]
    for closing in closings:
        steps += explain_closing(closing, depth=1)
    rest: Sequence[tuple[str, str, Decimal | None]] = [
        ("funding", "received − paid", figures.funding),
        ("other income", "interest, rewards, rebates − charges", figures.other_income),
        ("unrealised P&L", "market value − cost of what is open", unrealized),
        ("net P&L", "realised + funding + other income + unrealised", _net(figures, unrealized)),
    ]
    return (*steps, *(Step(label=a, formula=b, value=c, currency=currency) for a, b, c in rest))


def explain_closing(closing: Closing, depth: int = 0) -> list[Step]:
    """Explain one closing by its proceeds and the lots it took."""
    when = format_time(closing.time_ns)
    currency = closing.currency
    steps = [
        Step(label=f"closing {closing.fill_id}", formula="proceeds − cost", value=closing.realized_pnl,
             currency=currency, depth=depth, note=f"{when}, {closing.kind}, {plain(closing.quantity)} {closing.side}"),
        Step(label="proceeds", formula="quantity × price − exit fees", value=closing.proceeds, currency=currency,
             depth=depth + 1),
        Step(label="cost", formula="of the lots taken, entry fees in" if closing.matches else
             "share of the average pool, entry fees in", value=closing.cost, currency=currency, depth=depth + 1),
    ]  # fmt: skip
    steps += [
        Step(label=f"lot {match.lot or '(unknown)'}", formula=f"{plain(match.quantity)} taken", value=match.cost,
             currency=match.currency, depth=depth + 2)
        for match in closing.matches
    ]  # fmt: skip
    if closing.unknown_quantity:
        steps.append(
            Step(label="of unknown cost", formula=f"{plain(closing.unknown_quantity)} sold, gain unknown",
                 value=closing.unknown_proceeds, currency=currency, depth=depth + 1)
        )  # fmt: skip
    return steps


def _net(figures: PositionFigures, unrealized: Decimal | None) -> Decimal | None:
    if unrealized is None:
        return None
    total = MONEY.add(figures.realized_pnl, figures.funding)
    return MONEY.add(MONEY.add(total, figures.other_income), unrealized)
