"""Opening and lines are the closing, always; what the checkpoint did not know is said apart."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.money import ZERO
from account_cli.reconciliation.effects import MOVEMENTS, Effect
from account_cli.reconciliation.proof import FEW, Checkpoint, Held, Proof, prove
from account_cli.reconciliation.sides import Key, Side

D = Decimal
KEYS = (("spot", "BTC"), ("spot", "USD"), ("futures", "USD"))


def effect(n: int, kind: str = "deposits", amount: str = "1", *, key: tuple[str, str] = KEYS[1]) -> Effect:
    assert kind in MOVEMENTS
    return Effect(*key, kind, D(amount), f"{key[0]}|transfer|e{n}", f"e{n}", n)


def checkpoint(*held: Held) -> Checkpoint:
    return Checkpoint(account="a", at_ns=6, read_ns=5, head=3, key=(4, -1, "x"), refolds=0, balances=held)


def stated(figures: dict[tuple[str, str], Decimal], *, complete: bool = True) -> Side:
    balances = {Key(*key): amount for key, amount in figures.items()}
    return Side(balances=balances, positions=None, entries={}, complete=complete)


def proof_of(
    since: list[Effect],
    closing: dict[tuple[str, str], Decimal],
    *,
    late: tuple[Effect, ...] = (),
    before: Checkpoint | None = None,
    exchange: Side | None = None,
    restated: bool = False,
) -> Proof:
    said = stated(closing) if exchange is None else exchange
    return prove("a", 9, before, since, late, closing, said, restated=restated)


amounts = st.integers(-(10**6), 10**6).map(lambda n: D(n).scaleb(-4))
some = st.lists(st.builds(effect, st.integers(1, 99), st.sampled_from(MOVEMENTS), amounts.map(str),
                          key=st.sampled_from(KEYS)), max_size=20)  # fmt: skip
figures = st.dictionaries(st.sampled_from(KEYS), amounts)


@given(opening=figures, since=some, late=some, closing=figures, restated=st.booleans())
def test_opening_and_lines_are_the_closing_to_the_last_digit(
    opening: dict[tuple[str, str], Decimal],
    since: list[Effect],
    late: list[Effect],
    closing: dict[tuple[str, str], Decimal],
    restated: bool,
) -> None:
    before = checkpoint(*(Held(*key, amount) for key, amount in opening.items()))
    proof = proof_of(since, closing, late=tuple(late), before=before, restated=restated)
    for one in proof.balances:
        assert one.opening + sum((line.amount for line in one.lines), ZERO) == one.closing
        assert all((line.count <= FEW) == (len(line.facts) == line.count) for line in one.lines)
    assert restated <= proof.adds_up


def test_each_kind_is_a_line_and_few_facts_are_named() -> None:
    since = [effect(1), effect(2), effect(3, "trading fees", "-0.5")]
    (one,) = proof_of(since, {KEYS[1]: D("3.5")}, before=checkpoint(Held(*KEYS[1], D(2)))).balances
    assert (one.opening, one.closing, one.difference, one.adds_up) == (D(2), D("3.5"), D(0), True)
    assert [(line.kind, line.amount, line.count) for line in one.lines] == [
        ("deposits", D(2), 2),
        ("trading fees", D("-0.5"), 1),
    ]
    assert [(fact.id, fact.time_ns, fact.amount) for fact in one.lines[0].facts] == [("e1", 1, D(1)), ("e2", 2, D(1))]


def test_a_fact_told_late_is_a_line_of_its_own_after_the_others() -> None:
    proof = proof_of([effect(8)], {KEYS[1]: D(4)}, late=(effect(2, amount="1.5"),),
                     before=checkpoint(Held(*KEYS[1], D(1))), restated=True)  # fmt: skip
    (one,) = proof.balances
    assert [(line.kind, line.late, line.amount) for line in one.lines] == [
        ("deposits", False, D(1)),
        ("deposits", True, D("1.5")),
        ("restated", True, D("0.5")),
    ]


def test_a_rest_that_nothing_accounts_for_proves_nothing() -> None:
    proof = proof_of([effect(8)], {KEYS[1]: D(3)})
    assert not proof.adds_up
    assert [line.kind for line in proof.balances[0].lines] == ["deposits", "unaccounted"]


def test_what_neither_moved_nor_differs_is_only_counted() -> None:
    held = {KEYS[0]: D(1), KEYS[1]: D(2)}
    before = checkpoint(*(Held(*key, amount) for key, amount in held.items()))
    assert proof_of([], held, before=before).balances == ()
    assert proof_of([], held, before=before).still == 2
    (one,) = proof_of([], held, before=before, exchange=stated({KEYS[0]: D(1), KEYS[1]: D("2.5")})).balances
    assert (one.asset, one.difference) == ("USD", D("0.5"))
    assert proof_of([], held, before=before, exchange=stated({}, complete=False)).balances == ()
