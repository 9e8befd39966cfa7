"""Writes ``docs/reliability.md`` from what the long runs left in a folder; see ``results`` for what may be there.

Every run stands for itself and names its commit, so that one may be taken up, or run again, without the others::

    python -m tests.reliability.page --results reliability
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from account_cli.simulator.lab.catalogue import CATALOGUE, SECTIONS, Row, number_of, section_of
from tests.model.weather import BETWEEN
from tests.reliability.figures import VENUES, figures, variants
from tests.reliability.results import Results, Runs, read
from tests.reliability.trio import ROOT, commit

DEFECTS = Path(__file__).with_name("defects.toml")
GRAPH = "reliability-soak.svg"
_INTRO = """\
# Reliability

What was run against acct, on which commit, and what came out. Nothing here is written by hand but the list of defects
and the note under the figures: `make reliability` runs it all and writes this page. A run that has not been made says
**not run**.

The exchanges are simulators that speak the real protocols over real sockets to the real client library; their own
books are the truth that acct is held to, every fact once and every digit. There are three: Kraken (spot), Binance
USDⓈ-M futures (`binanceusdm`) and Binance spot (`binance`). At **model level** everything runs in one process on
virtual time; **on the wire** acct is a process of its own, watched and killed as a person's would be.
"""


def page(results: Results, defects: Sequence[dict[str, str]], of: str | None, day: str) -> str:
    """Return the page; ``of`` is the commit it is written at."""
    parts = [_INTRO, f"Written {day} at commit `{(of or 'unknown')[:12]}`.\n"]
    noted = [f"\n{results.note.strip()}"] if results.note else []
    parts += ["## Figures\n", *_figures(results), *noted, "\n## Faults, one at a time\n", *_faults(results)]
    parts += ["\n## Many at once\n", *_combined(results), "\n## Soak\n", *_soak(results)]
    parts += ["\n## Deliberate breakages\n", *_mutants(results), "\n## Defects found\n", *_defects(defects)]
    parts += ["\n## How to repeat it\n", _REPEAT]
    return "\n".join(parts).rstrip("\n") + "\n"


_REPEAT = """\
```
make reliability                                               # everything, for hours
python -m tests.model alone --seeds 20 --out reliability/model.ndjson
python -m tests.model --seeds 334 --out reliability/model-hours.ndjson
python -m tests.model operations --count 1000000 --out reliability/operations.ndjson
python -m tests.reliability.wire --seeds 3 --out reliability/wire.ndjson
python -m tests.reliability.wire --combined 34 --out reliability/wire-combined.ndjson
python -m tests.reliability.kills --kills 1000 --out reliability/kills.json
python -m tests.reliability.mutations --out reliability/mutations.json
python -m tests.reliability.soak --hours 2 --folder reliability/soak
python -m tests.reliability.soak --hours 24 --speed 30 --fault-every 60 --warm-up 600 --folder reliability/soak-24h
python -m tests.reliability.page --results reliability         # this page
```

One failing run of the model or on the wire prints the one command that repeats it.
"""


def _figures(results: Results) -> Iterator[str]:
    yield "| what | to be reached | measured | |\n|---|---|---|---|"
    for one in figures(results):
        strong = one.verdict if one.verdict == "reached" else f"**{one.verdict}**"
        yield f"| {one.name} | {one.target} | {one.measured} | {strong} |"


def _faults(results: Results) -> Iterator[str]:
    yield (
        "Seeds that passed of those run, for each venue: at model level, then on the wire. Several kinds of one fault\n"
        "count together. `–`: cannot happen there, the note says why.\n"
    )
    for section in SECTIONS:
        yield f"### {section}\n"
        yield "| fault | | kraken | binanceusdm | binance | note |\n|---|---|---|---|---|---|"
        for row in CATALOGUE.values():
            if section_of(row.number) == section:
                cells = " | ".join(_cell(results, row, venue) for venue in VENUES)
                yield f"| {row.number} | {row.symptom} | {cells} | {row.note} |"
        yield ""

    others = sorted({one.fault for one in results.runs if _is_weather(one)})
    if others:
        yield "### Bad weather that only the model has\n"
        yield "| weather | | kraken | binanceusdm | binance |\n|---|---|---|---|---|"
        for name in others:
            told = (
                _told([one for one in results.runs if (one.fault, one.venue) == (name, v)], name, v) for v in VENUES
            )
            yield f"| {name} | {_about(name)} | {' | '.join(told)} |"
        yield ""


def _is_weather(one: Runs) -> bool:
    return number_of(one.fault) not in CATALOGUE and one.fault not in {"combined", "operations"}


def _about(name: str) -> str:
    return BETWEEN[name].about if name in BETWEEN else ""


BY_THE_MODEL = {"L2": ("M9", "M10b"), "L8": ("M8", "M8b"), "L9": ("M11",)}
"""Rows that no lab can play, and what of the model's weather they are."""


def _cell(results: Results, row: Row, venue: str) -> str:
    if venue not in row.venues or row.player == "library":
        return "–"
    if row.number in BY_THE_MODEL:
        names = BY_THE_MODEL[row.number]
        return _told([one for one in results.of("model", venue) if one.fault in names], row.number, venue)
    return " · ".join(_told(results.of(level, venue, row.number), row.number, venue) for level in ("model", "wire"))


def _told(runs: Sequence[Runs], number: str, venue: str) -> str:
    if not runs:
        return "not run"
    seeds, failed = sum(one.seeds for one in runs), sum(one.failed for one in runs)
    lacking = set(variants(number, venue)) - {one.fault for one in runs}
    text = f"{seeds - failed}/{seeds}" if not failed else f"**{seeds - failed}/{seeds}**"
    return text + (f" ({', '.join(sorted(lacking))} not run)" if lacking else "")


def _combined(results: Results) -> Iterator[str]:
    yield "| level | venue | seeds | from seed | failed | commit |\n|---|---|---|---|---|---|"
    for one in results.runs:
        if one.fault in {"combined", "operations"}:
            failed = f"**{one.failed}** (seeds {', '.join(map(str, one.failed_seeds))})" if one.failed else "0"
            first = "" if one.first_seed is None else one.first_seed
            level = one.level if one.fault == "combined" else "operations"
            commits = ", ".join(f"`{commit[:12]}`" for commit in one.commit.split(", "))
            yield f"| {level} | {one.venue} | {one.seeds:,} | {first} | {failed} | {commits} |"
    if results.kills:
        kills = results.kills
        yield (
            f"\nKills: {kills['kills']:,} SIGKILLs with seed {kills['seed']} over {', '.join(kills['venues'])}, "
            f"{kills['after_a_write']:,} of them within 0.3 s of a write to the database; compared {kills['checks']} "
            f"times; {kills['facts']:,} facts at the end; {kills['diverged']} diverged. "
            f"Commit `{(kills['commit'] or '')[:12]}`."
        )


def _soak(results: Results) -> Iterator[str]:
    soak = results.soak
    if soak is None:
        yield "not run"
        return
    down, every = soak["downtime"], results.settings.get("fault_every", 0)
    memory, fds, threads = (_arrow(soak[key]) for key in ("rss_mb", "fds", "threads"))
    yield (
        f"{soak['hours']:.2f} hours in real time, begun {soak['started']}, seed {soak['seed']}, commit "
        f"`{(soak['commit'] or 'unknown')[:12]}`: {soak['faults']} faults of {soak['fault_kinds']} kinds (one on each "
        f"exchange about every {every:g} s), {soak['bursts']} bursts, {soak['requests']:,} requests. Lost "
        f"{soak['lost']}, extra {soak['extra']}, twice {soak['twice']}, of {soak['facts']:,} facts. Memory {memory} "
        f"MB, at most {soak['rss_max_mb']} MB, slope after half an hour {soak['growth_mb_per_hour']} MB an hour. "
        f"Descriptors {fds}, threads {threads}, processor {soak['cpu_percent']} %, database {soak['database_mb']} MB.\n"
    )
    yield (
        "Not live within an injected outage (its length, the time that noticing may take, 15 s to recover; one that "
        "waits for the next frame or answer begins anew when it befalls it; more than a page missed at Kraken may "
        "take 36 s to be read back at the pace that Kraken allows): "
        f"{down['inside_s']:g} s over {down['streams']} streams; outside: {down['outside_s']:g} s.\n"
    )
    yield (
        "Memory grows for a while: what was told lately is remembered, up to twenty thousand fills of an account, and\n"
        "SQLite's pages fill as the database does, up to 2 MB for the writer and half of one for a reader.\n"
    )
    if results.soak_24h is not None:
        day = results.soak_24h
        yield (
            f"{day['hours']:.1f} simulated hours at speed {day['speed']:g}, commit "
            f"`{(day['commit'] or 'unknown')[:12]}`: {day['faults']} faults of {day['fault_kinds']} kinds, "
            f"{day['facts']:,} facts; lost {day['lost']}, extra {day['extra']}, twice {day['twice']}. Memory "
            f"{_arrow(day['rss_mb'])} MB, slope {day['growth_mb_per_hour']} MB a simulated hour. Not live outside "
            "injected outages: "
            f"{day['downtime']['outside_percent']} % of the time.\n"
        )
    yield f"![memory, processor, descriptors, database and streams over the soak]({GRAPH})"


def _arrow(values: Sequence[object]) -> str:
    return " → ".join(map(str, values))


def _mutants(results: Results) -> Iterator[str]:
    told = results.mutations
    if told is None:
        yield "not run"
        return
    groups: dict[str, list[bool]] = {}
    for one in told["mutants"]:
        groups.setdefault(one["group"], []).append(one["killed_by"] is not None)
    yield "| group | red | of |\n|---|---|---|"
    yield from (f"| {name} | {sum(red)} | {len(red)} |" for name, red in groups.items())
    survived = [one for one in told["mutants"] if one["killed_by"] is None]
    if survived:
        yield "\nNo test noticed:\n"
        yield from (f"- {one['group']}: {one['breaks']}" for one in survived)


def _defects(defects: Sequence[dict[str, str]]) -> Iterator[str]:
    if not defects:
        yield "None is written down."
    for one in defects:
        yield f"- **{one['wrong']}** Found by `{one['replay']}`. {one['mended']}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("reliability"))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = parser.parse_args()
    if not asked.results.is_dir():
        sys.stderr.write(f"there is no folder {asked.results}; make reliability fills it\n")
        return 2
    results = read(asked.results)
    defects = tomllib.loads(DEFECTS.read_text(encoding="utf-8")).get("defect", [])
    text = page(results, defects, commit(), time.strftime("%Y-%m-%d", time.gmtime()))
    asked.out.write_text(text, encoding="utf-8")
    if results.graph is not None:
        asked.out.with_name(GRAPH).write_text(results.graph, encoding="utf-8")
    missed = [one.name for one in figures(results) if one.verdict == "MISSED"]
    sys.stdout.write(f"{asked.out}\n" + "".join(f"missed: {name}\n" for name in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
