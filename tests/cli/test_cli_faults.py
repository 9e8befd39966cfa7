"""``acct simulate --fault list`` shows the whole catalogue: what can be switched on, and why the rest cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import acct


def test_the_catalogue_is_listed_by_sections_within_eighty_columns(tmp_path: Path) -> None:
    ended = acct(tmp_path, "simulate", "--fault", "list")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert max(map(len, lines)) <= 80
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings[:2] == ["Streams", "REST"]
    assert headings[-1] == "Not switched on here"
    assert "  F03   the stream answers pings and says nothing (lasts)" in lines
    beyond = " ".join(ended.out.partition("Not switched on here")[2].split())
    assert "L3 the cache is lost (acct reads none;" in beyond
    assert "L7 the process is killed and started again (befalls this computer; the tests play it)" in beyond


def test_every_number_of_the_catalogue_is_listed(tmp_path: Path) -> None:
    names = [
        line.split()[0] for line in acct(tmp_path, "simulate", "--fault", "list").out.splitlines() if line[2:3] > " "
    ]
    numbers = {*(f"F{place:02}" for place in range(1, 51)), *(f"L{place}" for place in range(1, 11))}
    assert numbers <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "F99"], "no fault 'F99'"),
        (["--fault", "F17", "--venue", "binance"], "F17 cannot happen on binance"),
        (["--fault", "L7"], "L7 befalls the computer that watches"),
        (["--fault", "F03", "--faults", "random"], "exclude each other"),
    ],
)
def test_what_cannot_be_switched_on_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = acct(tmp_path, "simulate", *arguments)
    assert ended.code == 2
    assert said in ended.err
