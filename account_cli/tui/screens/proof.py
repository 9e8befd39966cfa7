"""How a balance came about since it was proven last: opening, each kind of movement, closing, the exchange's figure."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from account_cli.domain.money import plain
from account_cli.reports.proof import MovementRow, ProofRow
from account_cli.reports.render import Privacy, clean_text, date_and_time, masked
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.model.fit import clip, text_width

_WHY = {
    "restated": "what contracts had realised by then, worked out anew",
    "unaccounted": "what no fact accounts for: acct rebuild --check",
}


class _Step(NamedTuple):
    depth: int
    label: str
    amount: Decimal
    why: str = ""
    tone: Tone = ""


def proof_lines(row: ProofRow, privacy: Privacy, width: int, height: int) -> list[list[Span]]:
    """Return the proof's lines for so much room: where it is too low, facts are left out by name, then movements."""
    fitting = (steps for steps in (_steps(row, 2), _steps(row, 1)) if len(steps) <= height)
    shown = next(fitting, None) or _shortened(_steps(row, 1), height)
    amounts = [masked(plain(step.amount), privacy) for step in shown]
    labels = ["  " * step.depth + clean_text(step.label, 40) for step in shown]
    label_room = min(max(map(text_width, labels)), max(12, width * 2 // 5))
    amount_room = max(map(len, amounts))
    since = "since the first fact" if row.since_at is None else f"since {date_and_time(row.since_at)} UTC"
    lines = [[Span("Proof", "strong"), Span(f"  {since}", "dim")]]
    for step, label, amount in zip(shown, labels, amounts, strict=True):
        left, room = clip(label, label_room), max(0, width - label_room - amount_room - 4)
        why = step.why if text_width(step.why) <= room else step.why.partition(", ")[0]
        lines.append(
            [
                Span(left + " " * (label_room - text_width(left)), "dim"),
                Span(f"  {amount:>{amount_room}}", step.tone),
                Span(f"  {clip(why, room)}".rstrip(), "dim"),
            ]
        )
    return lines


def _steps(row: ProofRow, deepest: int) -> list[_Step]:
    steps = [_Step(0, "opening", row.opening)]
    for moved in row.movements:
        late = ", told late" if moved.late and moved.count else ""
        steps.append(
            _Step(1, moved.kind + late, moved.amount, _why(moved), "bad" if moved.kind == "unaccounted" else "")
        )
        if deepest > 1 and moved.count > 1:
            steps += [_Step(2, fact.id, fact.amount, date_and_time(fact.time)) for fact in moved.facts]
    steps.append(_Step(0, "closing", row.closing, "opening + all lines"))
    if row.exchange is not None:
        steps.append(_Step(0, "exchange", row.exchange, "as it was read"))
    if row.difference:
        steps.append(_Step(0, "difference", row.difference, "exchange − closing", "bad"))
    return steps


def _why(moved: MovementRow) -> str:
    if moved.kind in _WHY:
        return _WHY[moved.kind]
    if moved.count == 1:
        return f"{clean_text(moved.facts[0].id, 40)}, {date_and_time(moved.facts[0].time)}"
    first, last = date_and_time(moved.first_at), date_and_time(moved.last_at)
    until = "" if first == last else f" to {last.removeprefix(first[:11])}"
    return f"{moved.count} facts, {first}{until}"


def _shortened(steps: list[_Step], height: int) -> list[_Step]:
    """Leave out the movements in the middle, and say in one line what they come to."""
    ends = sum(1 for step in steps if not step.depth)
    kept = max(0, height - ends - 1)
    movements = [step for step in steps if step.depth]
    rest = movements[kept:]
    more = _Step(
        1, f"{len(rest)} more", sum((step.amount for step in rest), Decimal(0)), "acct reconcile show --explain"
    )
    return [steps[0], *movements[:kept], *([more] if rest else []), *(s for s in steps[1:] if not s.depth)]
