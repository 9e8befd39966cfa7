"""Whether ledger and exchange agree is in the status line; ``r`` shows what does not, Enter all about one figure."""

from __future__ import annotations

import msgspec
import pytest

from account_cli.domain.times import MINUTE, SECOND
from account_cli.reports.rows import Screenful
from account_cli.tui.screens.difference import difference_lines
from tests.tui.screen_text import check_golden, watching
from tests.tui.watch_fixture import DIFFERENCES, DRIFTING, NOW, PROOFS, RUNS, account, difference, screenful

SIZES = ((80, 24), (120, 40), (250, 60))


def drifting() -> Screenful:
    return screenful(accounts=(DRIFTING,), differences=DIFFERENCES, runs=RUNS, proofs=PROOFS)


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_what_differs_alone_and_all_about_one_figure(width: int, height: int) -> None:
    async with watching(drifting(), width, height) as screen:
        check_golden(f"reconcile_{width}x{height}", await screen.press("r"))
        check_golden(f"difference_{width}x{height}", await screen.press("enter"))
        assert "Newest runs" not in await screen.press("escape")
        before = await screen.press("escape", "1")
        assert await screen.press("r", "r", "1") == before


async def test_where_a_proof_is_longer_than_the_screen_its_middle_is_summed_up() -> None:
    (proof,) = PROOFS
    many = msgspec.structs.replace(proof, movements=proof.movements * 12)
    async with watching(msgspec.structs.replace(drifting(), proofs=(many,)), 80, 24) as screen:
        await screen.press("r")
        lines = (await screen.press("enter")).split("\n")
    text = [line.partition("│  ")[2] for line in lines]
    place = next(n for n, line in enumerate(text) if " more " in line)
    assert text[place - 2].startswith("  sold"), "the first of them are told one by one, the others in one line"
    assert text[place + 1].startswith("closing"), "and the closing stands below"


async def test_beside_the_others_it_takes_the_place_of_the_fills() -> None:
    async with watching(drifting()) as screen:
        check_golden("pane_reconcile_120x40", await screen.press("9"))


@pytest.mark.parametrize(
    ("state", "drifting_figures", "said"),
    [
        ("clean", 0, "= exchange 12s"),
        ("explained", 0, "= exchange 12s"),
        ("unexplained", 2, "≠ 2 drifting 12s"),
        ("unexplained", 0, "= exchange 12s"),
        ("pending", 0, "? exchange pending 12s"),
        ("unknown", 0, "? exchange unknown 12s"),
    ],
)
async def test_the_status_line_says_how_it_stands_and_how_long_ago(
    state: str, drifting_figures: int, said: str
) -> None:
    row = account(reconciled=state, reconciled_at=NOW - 12 * SECOND, drifting=drifting_figures)
    async with watching(screenful(accounts=(row,)), 160, 40) as screen:
        assert said in (await screen.text()).split("\n")[0]
        screen.clock.pass_(180)
        assert said.replace("12s", "3m") in (await screen.text()).split("\n")[0]


async def test_while_history_is_read_the_status_line_says_that_and_not_that_nobody_knows() -> None:
    row = account(reconciled="unknown", reconciled_at=NOW - 12 * SECOND, reading_history=True)
    async with watching(screenful(accounts=(row,)), 160, 40) as screen:
        line = (await screen.text()).split("\n")[0]
    assert "reading history" in line
    assert "exchange" not in line


async def test_of_an_account_that_was_never_compared_the_status_line_says_nothing() -> None:
    async with watching(screenful(), 160, 40) as screen:
        assert "exchange" not in (await screen.text()).split("\n")[0]
        assert "kraken: not compared with its exchange yet." in await screen.press("r")
        assert "none yet: acct reconcile makes one" in await screen.press("enter")


async def test_where_all_agrees_the_pane_says_when_that_was_found() -> None:
    row = account(reconciled="clean", reconciled_at=NOW - 3 * MINUTE)
    async with watching(screenful(accounts=(row,), runs=RUNS)) as screen:
        assert "kraken: all agrees with the exchange, 2026-11-20 14:00:27 UTC." in await screen.press("r")
        assert "411" in await screen.press("enter")


async def test_where_nothing_could_be_compared_the_pane_says_why() -> None:
    row = account(reconciled="unknown", reconciled_at=NOW - 3 * SECOND)
    value = screenful(accounts=(row,), runs=RUNS, not_compared=("kraken: its history is still being read",))
    async with watching(value) as screen:
        assert "kraken: its history is still being read." in await screen.press("r")


async def test_amounts_are_hidden_here_too() -> None:
    hidden = msgspec.structs.replace(drifting(), positions=(), balances=(), orders=(), fills=(), alerts=())
    async with watching(hidden, 250, 60, privacy=True) as screen:
        secret = ("61204", "61,204", "8123", "8,123", "0.00000001", "500", "61000.02", "203.99")
        for text in (await screen.press("r"), await screen.press("enter")):
            assert not [word for word in secret if word in text]


def test_a_count_of_facts_says_the_whole_time_that_it_is_of() -> None:
    period = "2026-11-20T13:03:27Z/2026-11-20T14:03:27Z"
    row = difference("fill", period, "9", "7")
    text = "\n".join("".join(span.text for span in line) for line in difference_lines(row, None, (), "off", 80, 24))
    assert f"fill of {period}" in text
    assert "Proof" not in text, "a count is no sum of facts"


def test_a_balance_that_nobody_has_proved_yet_says_how_to_have_it_proved() -> None:
    row = difference("balance", "BTC", "9", "7")
    text = "\n".join("".join(span.text for span in line) for line in difference_lines(row, None, (), "off", 80, 24))
    assert f"none yet: acct reconcile {row.account} --explain makes one" in text
