"""The reliability page says what was run and what came out, and takes nothing that was not run for passed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from account_cli.simulator.lab.catalogue import CATALOGUE
from tests.reliability.figures import VENUES, expected, figures
from tests.reliability.page import page
from tests.reliability.results import Results, read

KILLS = {
    "commit": "c" * 40, "seed": 7, "venues": list(VENUES), "kills": 1000, "of": 1000, "after_a_write": 498,
    "checks": 20, "facts": 12000, "diverged": 0, "not_allowed": 0, "secrets": [],
}  # fmt: skip


def verdict(results: Results, name: str) -> str:
    return next(one.verdict for one in figures(results) if one.name == name)


def line(**changes: Any) -> str:
    told = {"level": "wire", "venue": "kraken", "fault": "F03", "seeds": 3, "failed": 0, "commit": "abc"}
    return json.dumps({**told, **changes}) + "\n"


def test_an_empty_folder_makes_a_page_on_which_nothing_was_run(tmp_path: Path) -> None:
    results = read(tmp_path)
    assert {one.verdict for one in figures(results)} == {"not run"}
    text = page(results, [], "f" * 40, "2026-01-01")
    assert "| reached |" not in text
    assert f"| F03 | {CATALOGUE['F03'].symptom} | not run · not run |" in text
    assert "ffffffffffff" in text


def test_every_row_of_the_catalogue_is_on_the_page_and_says_why_it_cannot_happen() -> None:
    text = page(Results(), [], None, "2026-01-01")
    for row in CATALOGUE.values():
        assert f"| {row.number} | {row.symptom} |" in text
    assert f"| F44 | {CATALOGUE['F44'].symptom} | – | – | – | {CATALOGUE['F44'].note} |" in text


def test_a_failed_seed_is_seen_in_its_row_and_in_the_figure(tmp_path: Path) -> None:
    (tmp_path / "wire.ndjson").write_text(line(fault="F05") + line(failed=1, failed_seeds=[2]))
    results = read(tmp_path)
    assert verdict(results, "each fault alone, on the wire") == "MISSED"
    text = page(results, [], None, "2026-01-01")
    assert "not run · **2/3**" in text
    assert "not run · 3/3" in text


def test_the_last_line_about_one_kind_of_run_counts(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(line(failed=1))
    (tmp_path / "b.ndjson").write_text(line(failed=0))
    assert [one.failed for one in read(tmp_path).runs] == [0]


def test_seeds_run_in_parts_add_up_and_a_part_that_was_run_again_counts_once(tmp_path: Path) -> None:
    parts = [line(first_seed=1, seeds=2, failed=1, failed_seeds=[2]), line(first_seed=3, seeds=1, commit="def")]
    (tmp_path / "a.ndjson").write_text("".join(parts))
    (one,) = read(tmp_path).runs
    assert (one.seeds, one.failed, one.failed_seeds, one.first_seed) == (3, 1, (2,), 1)
    assert one.commit == "abc, def"
    (tmp_path / "b.ndjson").write_text(line(first_seed=1, seeds=2))
    assert [(one.seeds, one.failed) for one in read(tmp_path).runs] == [(3, 0)]


def test_all_faults_are_reached_only_when_every_one_ran_on_every_venue_with_all_its_seeds(tmp_path: Path) -> None:
    lines = [line(venue=venue, fault=name) for venue in VENUES for name in sorted(expected(venue))]
    (tmp_path / "wire.ndjson").write_text("".join(lines))
    assert verdict(read(tmp_path), "each fault alone, on the wire") == "reached"
    (tmp_path / "wire.ndjson").write_text("".join(lines[1:]))
    assert verdict(read(tmp_path), "each fault alone, on the wire") == "in part"
    (tmp_path / "wire.ndjson").write_text("".join([*lines[1:], lines[0].replace('"seeds": 3', '"seeds": 2')]))
    assert verdict(read(tmp_path), "each fault alone, on the wire") == "in part"


@pytest.mark.parametrize(
    ("changes", "said"), [({}, "reached"), ({"kills": 50}, "in part"), ({"diverged": 1}, "MISSED")], ids=str
)
def test_kills_are_judged_by_their_number_and_by_what_diverged(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "kills.json").write_text(json.dumps({**KILLS, **changes}))
    assert verdict(read(tmp_path), "kills (SIGKILL)") == said


@pytest.mark.parametrize(
    ("told", "said"),
    [({"value": 0}, "reached"), ({"value": 0, "whole": False}, "in part"), ({"value": 1, "whole": False}, "MISSED")],
)
def test_a_measure_of_fewer_than_promised_is_reached_in_part(told: dict[str, Any], said: str, tmp_path: Path) -> None:
    grown = {"reconnects_growth": {"limit": 0, "of": "1,000 reconnections of kraken", **told}}
    (tmp_path / "recovery.json").write_text(json.dumps(grown))
    assert verdict(read(tmp_path), "growth over 10,000 reconnects: tasks and descriptors") == said


def test_a_secret_that_one_run_found_is_a_miss_whatever_the_others_found(tmp_path: Path) -> None:
    (tmp_path / "kills.json").write_text(json.dumps({**KILLS, "secrets": ["acct.err"]}))
    assert verdict(read(tmp_path), "secrets found in files") == "MISSED"


def test_a_mutant_that_survived_is_named(tmp_path: Path) -> None:
    mutants = [
        {"group": "wire", "breaks": "redaction", "file": "a.py", "killed_by": "FAILED tests/x.py::test", "seconds": 1},
        {"group": "wire", "breaks": "the overlap", "file": "b.py", "killed_by": None, "seconds": 1},
    ]
    (tmp_path / "mutations.json").write_text(json.dumps({"commit": "c", "of": 2, "mutants": mutants}))
    results = read(tmp_path)
    assert verdict(results, "deliberate breakages that turn the tests red") == "MISSED"
    text = page(results, [], None, "2026-01-01")
    assert "- wire: the overlap" in text
    assert "- wire: redaction" not in text


def test_a_group_of_mutants_that_was_run_again_takes_the_place_of_its_first_run(tmp_path: Path) -> None:
    survived = {"group": "wire", "breaks": "redaction", "file": "a.py", "killed_by": None, "seconds": 1}
    killed = {**survived, "killed_by": "FAILED tests/x.py::test"}
    (tmp_path / "mutations.json").write_text(json.dumps({"commit": "c", "of": 1, "mutants": [survived]}))
    (tmp_path / "mutations-wire.json").write_text(json.dumps({"commit": "d", "of": 1, "mutants": [killed]}))
    assert verdict(read(tmp_path), "deliberate breakages that turn the tests red") == "MISSED"
    (tmp_path / "mutations.json").rename(tmp_path / "mutations-a.json")
    assert verdict(read(tmp_path), "deliberate breakages that turn the tests red") == "reached"


def test_a_line_that_is_none_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "wire.ndjson").write_text(line() + '{"level": "wire"}\n')
    with pytest.raises(ValueError, match=r"wire\.ndjson:2"):
        read(tmp_path)


def test_operations_and_the_weather_of_the_model_have_their_places(tmp_path: Path) -> None:
    lines = line(level="model", venue="core", fault="1000000 random operations", seeds=500) + line(
        level="model", fault="M2", seeds=20, failed=1
    )
    (tmp_path / "model.ndjson").write_text(lines)
    results = read(tmp_path)
    assert verdict(results, "random operations") == "reached"
    text = page(results, [], None, "2026-01-01")
    assert "| M2 | one frame in three comes twice | **19/20** | not run | not run |" in text


def test_seconds_that_were_wrong_and_called_live_are_counted_over_all_runs_of_the_model(tmp_path: Path) -> None:
    name = "instants with a wrong figure called live"
    hour = {"level": "model", "fault": "combined", "seeds": 1000, "first_seed": 1, "looks": 50, "longest_s": 9.0}
    (tmp_path / "a.ndjson").write_text(line(**hour, wrong_and_live=0))
    results = read(tmp_path)
    assert verdict(results, name) == "reached"
    assert "0 of 50 seconds in 1,000 runs; found out after 9 s" in page(results, [], None, "2026-01-01")
    (tmp_path / "b.ndjson").write_text(line(level="model", fault="F05", looks=7, wrong_and_live=2))
    assert verdict(read(tmp_path), name) == "MISSED"


def test_what_no_lab_can_play_shows_the_runs_of_the_model_that_are_it(tmp_path: Path) -> None:
    row = CATALOGUE["L2"]
    (tmp_path / "a.ndjson").write_text(
        line(level="model", fault="M9", seeds=20) + line(level="model", fault="M10b", seeds=20)
    )
    text = page(read(tmp_path), [], None, "2026-01-01")
    assert f"| L2 | {row.symptom} | 40/40 | not run | not run | {row.note} |" in text
