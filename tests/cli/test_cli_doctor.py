"""``acct doctor`` finds what is wrong, says what mends it, ends with the worst, and gives no secret away."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from account_cli.simulator import Simulator
from tests.cli.running import acct, acct_on_terminal, database, filled_home

CANARY = "canary-4f1d9b7e55aa"


def checks(home: Path, *words: str, code: int, **env: str) -> dict[tuple[str, str], dict[str, Any]]:
    done = acct(home, "doctor", "--json", *words, **env)
    assert done.code == code, (done.out, done.err)
    report = json.loads(done.out)
    assert report["schema"] == "acct.doctor/1"
    assert report["exit_code"] == code
    assert all(check["fix"] for check in report["checks"] if check["state"] == "fail"), report
    return {(check["subject"], check["what"]): check for check in report["checks"]}


def configured(home: Path, text: str, mode: int = 0o600) -> Path:
    file = home / ".config/acct/config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_an_empty_home_is_fine(tmp_path: Path) -> None:
    found = checks(tmp_path, "--offline", code=0)
    assert found["config", "file"]["state"] == "ok"
    assert found["accounts", "none"]["fix"] == "acct accounts add kraken, or acct demo"
    assert "not there yet" in found["database", "schema"]["detail"]
    assert not (tmp_path / ".local").exists(), "a look changes nothing"


@pytest.mark.parametrize(
    ("text", "mode", "code", "subject", "what", "said", "fix"),
    [
        ("curency = 'USD'", 0o600, 8, "config", "file", "unknown key", "currency"),
        ("[accounts.kraken]\napi_key = 'x'\nsecret='y'", 0o644, 8, "config", "file", "read by others", "chmod 600"),
        ("[accounts.mine]\nexchange = 'krakn'", 0o600, 8, "mine", "key is there", "unknown exchange", "kraken"),
        ("[accounts.kraken]", 0o600, 5, "kraken", "key is there", "no API key", "KRAKEN_API_KEY"),
        ("[accounts.kraken]\napi_key = 'file:k'\nsecret='file:k'", 0o600, 8, "kraken", "key is there", "No such", None),
        ("[storage]\ndatabase = 'postgresql://x@127.0.0.1:1/x'", 0o600, 9, "database", "opens", "", None),
    ],
)
def test_what_is_wrong_is_found_with_what_mends_it(
    tmp_path: Path, text: str, mode: int, code: int, subject: str, what: str, said: str, fix: str | None
) -> None:
    configured(tmp_path, text, mode)
    check = checks(tmp_path, "--offline", code=code)[subject, what]
    assert (check["state"], check["exit_code"]) == ("fail", code)
    assert said in check["detail"]
    assert fix is None or fix in check["fix"]


def test_files_that_others_may_read_are_said(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    database(home).chmod(0o644)
    check = checks(home, "--offline", code=0)["modes", str(database(home))]
    assert (check["state"], check["fix"]) == ("warn", f"chmod 600 {database(home)}")
    done = acct(home, "doctor", "--offline", "-q")
    assert done.out.splitlines()[:2] == [
        f"warn  modes, {database(home)}: others may read it (mode 0644)",
        f"      mend: chmod 600 {database(home)}",
    ]


def test_a_broken_database_and_one_of_a_newer_acct_are_found(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    assert checks(home, "--offline", code=0)["database", "integrity"]["state"] == "ok"
    with sqlite3.connect(database(home)) as opened:
        opened.execute("PRAGMA user_version = 999")
        opened.execute("UPDATE alembic_version SET version_num = '9999'") if _has_alembic(opened) else None
    assert checks(home, "--offline", code=9)["database", "opens"]["exit_code"] == 9
    database(home).write_bytes(b"no database at all" * 100)
    assert checks(home, "--offline", code=9)["database", "opens"]["state"] == "fail"


def _has_alembic(opened: sqlite3.Connection) -> bool:
    return bool(opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall())


def test_a_misspelt_variable_is_said_and_others_programs_are_left_alone(tmp_path: Path) -> None:
    found = checks(tmp_path, "--offline", code=0, ACCT_CURENCY="x", ACCT_SOMETHING_ELSE="y")
    assert "ACCT_CURRENCY" in found["environment", "ACCT_CURENCY"]["detail"]
    assert ("environment", "ACCT_SOMETHING_ELSE") not in found


def test_the_terminal_is_looked_at(tmp_path: Path) -> None:
    small = acct_on_terminal(tmp_path, "doctor", "--offline", columns=60, lines=20, NO_COLOR="1")
    assert "warn  terminal, kind: xterm-256color, 60x20, 256 colours" in small.out
    fine = acct_on_terminal(tmp_path, "doctor", "--offline", COLORTERM="truecolor", NO_COLOR="1")
    assert "ok    terminal, kind: xterm-256color, 120x40, 24 bit colours" in fine.out
    assert "warn  terminal, letters" in acct(tmp_path, "doctor", "--offline", PYTHONIOENCODING="latin-1").out


async def test_every_step_to_an_exchange_is_looked_at(tmp_path: Path) -> None:
    sim = Simulator("kraken", seed=7)
    await sim.start()
    try:
        configured(tmp_path, sim.config_toml("kraken"))
        found = await asyncio.to_thread(lambda: checks(tmp_path, code=0))
        steps = {what: check for (subject, what), check in found.items() if subject == "kraken"}
        assert set(steps) == {"key is there", "key rights", "REST", "DNS", "clock", "rate budget", "stream"}
        assert {check["state"] for check in steps.values()} == {"ok"}
        assert "read-only" in steps["key rights"]["detail"]
        sim.grant(trade=True)
        check = (await asyncio.to_thread(lambda: checks(tmp_path, code=5)))["kraken", "key rights"]
        assert "Create & modify orders" in check["detail"]
        asked = len(sim.requests)
        await asyncio.to_thread(lambda: checks(tmp_path, "--offline", code=0))
        assert len(sim.requests) == asked
        sim.grant()
        sim.revoke_key()
        assert (await asyncio.to_thread(lambda: checks(tmp_path, code=5)))["kraken", "key rights"]["state"] == "fail"
    finally:
        await sim.stop()
    found = await asyncio.to_thread(lambda: checks(tmp_path, code=6, KRAKEN_API_KEY="another-key-" + CANARY))
    assert found["kraken", "REST"]["state"] == "fail"
    assert found["kraken", "DNS"]["state"] == "ok"
    assert ("kraken", "stream") not in found


async def test_a_host_that_nobody_knows_and_a_server_without_tls_are_told_apart(tmp_path: Path) -> None:
    urls = '{ api = { public = "https://%s", private = "https://%s" } }'
    keys = {"KRAKEN_API_KEY": CANARY, "KRAKEN_API_SECRET": "c2VjcmV0"}
    configured(tmp_path, "[accounts.kraken]\n")
    where = urls.replace("%s", "nowhere.invalid")
    found = await asyncio.to_thread(lambda: checks(tmp_path, code=6, ACCT_ACCOUNTS__KRAKEN__URLS=where, **keys))
    assert found["kraken", "DNS"]["state"] == "fail"
    sim = Simulator("kraken", seed=7)
    await sim.start()
    try:
        plain = sim.config_toml("x").partition('"public" = "http://')[2].partition('"')[0]
        where = urls.replace("%s", plain)
        found = await asyncio.to_thread(lambda: checks(tmp_path, code=6, ACCT_ACCOUNTS__KRAKEN__URLS=where, **keys))
        assert found["kraken", "DNS"]["state"] == "ok"
        assert (found["kraken", "TLS"]["state"], found["kraken", "TLS"]["exit_code"]) == ("fail", 6)
    finally:
        await sim.stop()


def test_a_bundle_holds_what_helps_and_no_secret(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    configured(
        home,
        f"""[storage]
redis = "redis://user:{CANARY}@127.0.0.1:1/0"
[alerts.channels]
hook = "https://example.org/{CANARY}"
phone = "tgram://{CANARY}/1"
[accounts.kraken]
api_key = "{CANARY}"
secret = "{CANARY}-secret"
passphrase_command = "printf {CANARY}"
""",
    )
    log = home / ".local/state/acct/acct.log"
    log.parent.mkdir(parents=True)
    log.write_text(
        "".join(f"line {n}\n" for n in range(5000)) + f"api_key={CANARY} secret: {CANARY}-secret\nthe last\n"
    )
    (log.parent / "reports").mkdir()
    (log.parent / "reports/20260101T000000Z-1.txt").write_text(f"a traceback with {CANARY}\n")
    done = acct(home, "doctor", "--offline", "--bundle", "b.zip", SOME_API_KEY=f"{CANARY}-env")
    assert done.code == 9, done.err  # that Redis is away
    assert "read it before you give it away" in done.err
    assert CANARY not in done.out + done.err
    assert (home / "b.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(home / "b.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(texts) == {"doctor.json", "config.json", "log.txt", "reports/20260101T000000Z-1.txt"}
    for name, text in texts.items():
        assert CANARY not in text, name
    assert json.loads(texts["doctor.json"])["exit_code"] == 9
    assert "the last" in texts["log.txt"]
    assert len(texts["log.txt"].splitlines()) == 2000
    keys = {one["key"]: one["value"] for one in json.loads(texts["config.json"])}
    assert keys["accounts.kraken.api_key"] == "[redacted]"
    again = acct(home, "doctor", "--offline", "--bundle", "b.zip")
    assert (again.code, "is there already" in again.err) == (2, True)
    assert acct(home, "doctor", "--offline", "--bundle", "no/where.zip").code == 2


def test_a_bundle_is_written_though_the_configuration_cannot_be_read(tmp_path: Path) -> None:
    configured(tmp_path, f"[accounts.kraken]\nsecrt = '{CANARY}'\n")
    assert acct(tmp_path, "doctor", "--offline", "--bundle", "b.zip").code == 8
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "unknown key" in text
    assert CANARY not in text
