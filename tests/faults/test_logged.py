"""What was received can be followed to its commit: by the log, and by spans, under its number in the inbox."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.faults.trouble_here import ended
from tests.faults.truth import Bench

LOG = {"ACCT_LOG__LEVEL": "debug", "ACCT_LOG__FORMAT": "json"}


@contextmanager
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """Listen on loopback for spans as OTLP over HTTP sends them (opentelemetry.io/docs/specs/otlp)."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(body)
            got.extend(s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature is the library's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_every_frame_can_be_followed_from_its_arrival_to_its_commit(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=47, hours=1) as bench:
        log = tmp_path / "acct.log"
        process = await bench.start("collect", environment={**LOG, "ACCT_LOG__OUTPUT": str(log)})
        await bench.heard()
        await bench.live()
        assert await bench.settled() == bench.true()
        await ended(process)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        secret = bench.sim.secret
    assert {line["component"].partition(".")[0] for line in lines} <= {"exchanges", "engine", "bootstrap", "collector"}
    received = {line["trace"] for line in lines if line["message"] == "frame received" and line.get("trace")}
    written = {
        one for line in lines if line["message"].startswith("written:") for one in line.get("trace", "").split(",")
    }
    assert received
    assert received & written
    assert {line.get("account") for line in lines if "trace" in line} == {"main"}
    with sqlite3.connect(tmp_path / "acct.db") as opened:
        kept = {str(row[0]) for row in opened.execute("SELECT id FROM raws")}
    assert received & written & kept, "acct inbox shows the same numbers"
    assert secret not in log.read_text()


async def test_spans_tell_of_frames_and_commits_and_hold_no_secret(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")
    with receiver() as (url, spans):
        async with Bench("kraken", tmp_path, seed=48, hours=1) as bench:
            env = {"ACCT_LOG__TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": url}
            process = await bench.start("collect", environment=env)
            await bench.heard()
            await bench.live()
            assert await bench.settled() == bench.true()
            await ended(process)
            secret, key = bench.sim.secret, bench.sim.api_key
    frames = {span.span_id: span for span in spans if span.name == "frame"}
    commits = [span for span in spans if span.name == "commit"]
    assert len(frames) == len(commits) > 0
    for commit in commits:
        frame = frames[commit.parent_span_id]
        assert frame.start_time_unix_nano <= commit.end_time_unix_nano == frame.end_time_unix_nano
        assert commit.start_time_unix_nano <= commit.end_time_unix_nano
        assert {pair.key for pair in frame.attributes} == {"acct.account", "acct.channel", "acct.inbox"}
    assert secret not in str(spans)
    assert key not in str(spans)


async def test_without_the_library_spans_are_refused_with_the_extra(tmp_path: Path) -> None:
    script = tmp_path / "sitecustomize.py"
    script.write_text("import sys\nsys.modules['opentelemetry'] = None\n")
    async with Bench("kraken", tmp_path, seed=49, hours=1) as bench:
        import asyncio
        import os

        env = {**bench.environment, "ACCT_LOG__TRACES": "true"}
        env["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"
        process = await asyncio.create_subprocess_exec(
            *bench.command("collect"), env=env, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
        )
        _, err = await process.communicate()
    assert process.returncode == 8
    assert b"pip install opentelemetry-exporter-otlp-proto-http" in err
