"""Planted keys are found nowhere, whatever goes wrong and however loud acct is told to be; unmasked, they are found."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from account_cli.simulator.faults import HttpFault
from account_cli.simulator.stage import Answer
from tests.faults.test_truth import VENUES
from tests.faults.truth import Bench

KEY = "cAnArY-key/7fQ+3Zp=9xW2"
PASSPHRASE = "cAnArY passphrase & more"
SECRETS = {"kraken": base64.b64encode(b"cAnArY secret of kraken, 32 byte").decode()}
OTHER = "cAnArY+secret/of=binance.5e2f81"
UNMASKED = (
    "import account_cli.redaction as redaction\n"
    "redaction.Redactor.clean = lambda self, text: text\n"
    "from account_cli.cli.main import main\nmain()\n"
)
"""acct with its masking switched off: the control that the search finds what is there."""


def forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.replace("/", "\\/"), raw.hex()}
    texts |= {one(raw).decode().rstrip("=") for one in (base64.b64encode, base64.urlsafe_b64encode)}
    return {text.encode() for text in texts}


class Planted(Bench):
    """A bench whose key, secret and passphrase are canaries; remembers every signature and token of the wire."""

    def __init__(self, venue: str, folder: Path, *, masked: bool) -> None:
        super().__init__(venue, folder, seed=3, hours=0.3)
        self.masked = masked
        self.secret = SECRETS.get(venue, OTHER)
        self.sim.api_key = self.sim.stage.api_key = KEY
        self.sim.secret = self.sim.stage.secret = self.secret
        self.signatures: set[str] = set()
        self.echoing = False
        answer = self.sim.protocol.answer

        def listening(incoming: Any) -> Any:
            told = parse_qs(incoming.query) | parse_qs(incoming.body)
            self.signatures |= {*told.get("signature", []), incoming.headers.get("API-Sign", "")} - {""}
            return self.echo() if self.echoing else answer(incoming)

        self.sim.protocol.answer = listening  # type: ignore[method-assign]

    def echo(self) -> Answer:
        """Refuse with words in which the key stands again."""
        words = f"EGeneral:Invalid arguments: {KEY} and {self.secret}"
        if self.sim.venue == "kraken":
            return Answer(body=json.dumps({"error": [words]}))
        return Answer(status=400, body=json.dumps({"code": -1100, "msg": words}))

    def command(self, *arguments: str) -> list[str]:
        if self.masked:
            return super().command(*arguments)
        return [sys.executable, "-c", UNMASKED, "--config", str(self.folder / "config.toml"), *arguments]

    async def into(self, name: str, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command; what it says goes into files, to be searched."""
        with (self.folder / f"{name}.out").open("wb") as out, (self.folder / f"{name}.err").open("wb") as err:
            return await asyncio.create_subprocess_exec(
                *self.command(*arguments), env=self.environment, cwd=self.folder, stdout=out, stderr=err
            )

    def tokens(self) -> set[str]:
        protocol = vars(self.sim.protocol)
        return {*protocol.get("_tokens", ()), *vars(protocol["_stream"]).get("_keys", ())}

    def hits(self) -> list[str]:
        """Return where what was planted stands: file and form."""
        wanted = {form for secret in (KEY, self.secret, PASSPHRASE) for form in forms(secret)}
        wanted |= {one.encode() for one in self.tokens() | self.signatures}
        return [
            f"{path.relative_to(self.folder)}: {form.decode()[:12]}…"
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "config.toml"
            for content in (path.read_bytes(),)
            for form in wanted
            if form in content
        ]


def echoes(secret: str) -> Iterator[str]:
    """Frames in which an exchange, or something in between, says a secret again in every form."""
    for form in sorted(forms(secret)):
        yield f'{{"error":"no such thing: {form.decode()}","data":null'
        yield json.dumps({"channel": "odd", "said": form.decode(), "inner": json.dumps({"seen": form.decode()})})


async def a_bad_day(bench: Planted) -> None:
    """Live through everything that makes acct speak: faults, refusals, a broken stream, a revoked key, at -vv."""
    file = bench.folder / "config.toml"
    file.write_text(
        file.read_text().replace("rate_limit = false", f'rate_limit = false\npassphrase = "{PASSPHRASE}"', 1)
    )
    bench.sim.run_until(bench.end_ns)
    watch = await bench.into("watch", "-vv", "watch", "--plain", "main")
    await bench.heard()
    for secret in (KEY, bench.secret, PASSPHRASE, *bench.tokens()):
        for frame in echoes(secret):
            bench.sim.malformed_frame(frame)
    async with asyncio.timeout(60):
        while not any(b"no such thing" in path.read_bytes() for path in bench.folder.glob("acct.db*")):
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    bench.sim.drop_connections()
    for kind in HTTP:
        bench.sim.http_fault(2, kind)
        await asyncio.sleep(1)
    watch.send_signal(signal.SIGTERM)
    await watch.wait()
    bench.echoing = True
    await said(bench, "poll", "-vv", "poll")
    await said(bench, "poll-json", "-vv", "poll", "--json")
    bench.echoing = False
    bench.sim.revoke_key()
    await said(bench, "revoked", "-vv", "poll")
    await said(bench, "held", "-vv", "poll")
    for name in ("accounts", "issues", "export"):
        await said(bench, name, "-vv", name)


async def said(bench: Planted, name: str, *arguments: str) -> None:
    process = await bench.into(name, *arguments)
    await process.wait()


HTTP: tuple[HttpFault, ...] = ("503html", "badjson")


@pytest.mark.parametrize("venue", VENUES)
async def test_no_canary_is_found_in_anything_that_acct_writes(venue: str, tmp_path: Path) -> None:
    bench = Planted(venue, tmp_path, masked=True)
    async with bench:
        await a_bad_day(bench)
        assert bench.signatures, "the wire was listened to"
        assert "Traceback" in (tmp_path / "poll.err").read_text(), "it was told to be loud"
        assert "Invalid arguments" in (tmp_path / "poll.err").read_text(), "and told what the exchange said"
        assert "Traceback" in (tmp_path / "revoked.err").read_text()
        assert "tried again at" in (tmp_path / "held.err").read_text()
        assert bench.hits() == []


async def test_the_search_finds_canaries_when_masking_is_switched_off(tmp_path: Path) -> None:
    bench = Planted("binanceusdm", tmp_path, masked=False)
    async with bench:
        await a_bad_day(bench)
        hits = bench.hits()
        assert any(hit.startswith("acct.db") for hit in hits), "in what was received"
        assert any(hit.startswith("poll.err") for hit in hits), "in what was said"
