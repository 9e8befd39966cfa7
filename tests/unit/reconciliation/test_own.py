"""Both sides of a transfer between own accounts are linked, each once; a side without the other is listed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Amount, TransferArrived
from account_cli.domain.times import DAY, HOUR, SECOND
from account_cli.reconciliation.own import AFTER_NS, BEFORE_NS, OwnTransfers, link, name_of


def moved(name: str, amount: str, *, account: str = "a", at_ns: int = DAY, **more: object) -> TransferArrived:
    told = {"asset": "BTC", "type": "withdrawal" if amount.startswith("-") else "deposit"} | more
    return TransferArrived(account=account, id=name, time_ns=at_ns, amount=Decimal(amount), **told)  # type: ignore[arg-type]


def pairs(own: OwnTransfers) -> list[tuple[str, str, str]]:
    return [(one.gone.id, one.come.id, one.by) for one in own.links]


def test_a_transaction_says_which_two_belong_together() -> None:
    out = moved("O", "-1", tx="0xab")
    near, right = moved("N", "1", account="b"), moved("R", "0.7", account="b", tx="0xab", at_ns=9 * DAY)
    assert pairs(link([near, out, right])) == [("O", "R", "tx")]


def test_an_id_is_the_same_with_or_without_0x_and_in_capitals() -> None:
    for one, other in (("0xAb", "ab"), ("AB", "0xab")):
        assert pairs(link([moved("O", "-1", tx=one), moved("I", "0.5", account="b", tx=other)])) == [("O", "I", "tx")]
    assert pairs(link([moved("O", "-1", tx="0xab"), moved("I", "1", account="b", tx="ac")])) == []


def test_else_the_amount_less_the_fee_within_a_day_does() -> None:
    fee = Amount("BTC", Decimal("0.01"))
    table = [
        (moved("O", "-1", fee=fee), moved("I", "1", account="b"), True),
        (moved("O", "-1", fee=fee), moved("I", "0.99", account="b"), True),
        (moved("O", "-1", fee=fee), moved("I", "0.98", account="b"), False),
        (moved("O", "-1"), moved("I", "0.99", account="b"), True),
        (moved("O", "-1"), moved("I", "0.98", account="b"), False),
        (moved("O", "-1"), moved("I", "1.01", account="b"), False),
        (moved("O", "-1"), moved("I", "1", account="b", at_ns=DAY + AFTER_NS), True),
        (moved("O", "-1"), moved("I", "1", account="b", at_ns=DAY + AFTER_NS + 1), False),
        (moved("O", "-1"), moved("I", "1", account="b", at_ns=DAY - BEFORE_NS), True),
        (moved("O", "-1"), moved("I", "1", account="b", at_ns=DAY - BEFORE_NS - 1), False),
        (moved("O", "-1", tx="x"), moved("I", "1", account="b", tx="y"), False),
        (moved("O", "-1"), moved("I", "1", account="b", asset="ETH"), False),
        (moved("O", "-1"), moved("I", "1"), False),
        (moved("O", "-1", type="internal"), moved("I", "1", type="internal", wallet="earn"), True),
        (moved("O", "-1", to_account="c"), moved("I", "1", account="b"), False),
        (moved("O", "-1", to_account="b"), moved("I", "1", account="b"), True),
    ]
    assert [bool(link([out, into]).links) for out, into, _ in table] == [expected for *_, expected in table]


def test_the_nearest_are_taken_first_and_each_side_once() -> None:
    one, two = moved("O1", "-1"), moved("O2", "-1", at_ns=DAY + HOUR)
    late, soon = (
        moved("I1", "1", account="b", at_ns=DAY + HOUR + SECOND),
        moved("I2", "1", account="b", at_ns=DAY + SECOND),
    )
    own = link([one, two, late, soon])
    assert pairs(own) == [("O1", "I2", "amount"), ("O2", "I1", "amount")]
    assert own.other_sides()[name_of(late)] == two


def test_a_side_without_the_other_is_listed_and_what_left_for_the_world_is_not() -> None:
    alone = moved("I", "-5", type="internal")
    promised = moved("P", "-7", to_account="b")
    whole = moved("W", "-3", type="internal", to_wallet="earn")
    outside = moved("X", "-9")
    known = moved("K", "50", account="b", at_ns=1)
    own = link([alone, promised, whole, outside, known])
    assert own == OwnTransfers((), (alone, promised))


MOVES = st.lists(
    st.builds(
        lambda number, account, amount, at: moved(str(number), str(amount), account=account, at_ns=at * HOUR),
        st.integers(0, 999), st.sampled_from("ab"), st.sampled_from([-2, -1, 1, 2]), st.integers(0, 30),
    ),
    unique_by=name_of,
    max_size=20,
)  # fmt: skip


@given(MOVES, st.randoms())
def test_no_side_is_used_twice_and_the_order_of_telling_does_not_matter(
    moves: list[TransferArrived], source: object
) -> None:
    own = link(moves)
    sides = [name_of(side) for one in own.links for side in (one.gone, one.come)]
    assert len(sides) == len(set(sides))
    assert link(moves[::-1]) == own
