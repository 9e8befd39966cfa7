"""What goes wrong when asked: late, short, refused, broken, never answered (F24–F36)."""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.lab.fault import Fault

REST: Mapping[str, Fault] = {
    "F24": Fault("REST shows what was three seconds ago", lambda sim: sim.rest_lag(3), lambda sim: sim.rest_lag(0)),
    "F31": Fault("three answers are 429", lambda sim: sim.http_fault(3, "429")),
    "F32": Fault("three answers are 503 and a page of HTML", lambda sim: sim.http_fault(3, "503html")),
    "F32b": Fault("three answers are cut off in the middle", lambda sim: sim.http_fault(3, "badjson")),
    "F35": Fault("a request is accepted and never answered", lambda sim: sim.http_fault(1, "timeout")),
}
"""By number; a letter behind it tells variants apart."""
