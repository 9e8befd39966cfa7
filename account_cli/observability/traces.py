"""A received text, from its arrival to the commit of what it said: as a line of the log, and as an OpenTelemetry span.

The span ``frame`` begins when the text arrived and has one child, ``commit``, the transaction. Where they go is said as
everywhere, by OTEL_EXPORTER_OTLP_ENDPOINT and its kin. Nothing of this is loaded unless it is asked for.

Source: opentelemetry.io/docs/specs/otel, "Trace API" (explicit start and end times) and "OTLP exporter".
"""

from __future__ import annotations

import logging
from typing import Any

from account_cli.collector.delivery import Delivery, Receipt
from account_cli.errors import ConfigError

_LOG = logging.getLogger("account_cli.engine.writing")


class Traces:
    """Hears of every commit; ``tracer`` is None where only the log is wanted."""

    def __init__(self, tracer: Any | None, provider: Any | None = None) -> None:
        self._tracer, self._provider = tracer, provider

    def __call__(self, delivery: Delivery, receipt: Receipt, began_ns: int, ended_ns: int) -> None:
        """Tell the log, and whoever collects traces, of one delivery that is on disk."""
        ids = ",".join(str(heard.inbox) for heard in delivery.heard if heard.inbox is not None)
        _LOG.debug(
            "written: %d facts, head %d",
            receipt.new,
            receipt.n,
            extra={"account": delivery.account, "trace": ids or None},
        )
        if self._tracer is None:
            return
        from opentelemetry import trace

        for heard in delivery.heard:
            about = {"acct.account": delivery.account, "acct.channel": heard.channel, "acct.inbox": heard.inbox or 0}
            frame = self._tracer.start_span("frame", start_time=heard.received_ns, attributes=about)
            commit = self._tracer.start_span(
                "commit",
                context=trace.set_span_in_context(frame),
                start_time=began_ns,
                attributes={"acct.facts": receipt.new, "acct.head": receipt.n},
            )
            commit.end(end_time=ended_ns)
            frame.end(end_time=ended_ns)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def traces(*, wanted: bool) -> Traces | None:
    """Return who hears of commits; None when nobody wants to, and then nothing is told.

    Raises ``ConfigError`` when spans are wanted and the library is not installed.
    """
    if not wanted:
        return Traces(None) if _LOG.isEnabledFor(logging.DEBUG) else None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ConfigError(
            "traces are told through a library that is not installed",
            key="log.traces",
            hint="pip install opentelemetry-exporter-otlp-proto-http",
        ) from None
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "acct"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer("acct"), provider)
