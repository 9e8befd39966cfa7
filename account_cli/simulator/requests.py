"""Every request is remembered, so that a whole test run can be shown to have only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MASK = "[redacted]"
_SECRET = frozenset({"signature", "token", "listenkey", "apikey", "api_key", "otp", "password"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One REST call or one WebSocket message of a client; ``params`` have their secrets masked.

    ``write``: it would have changed the account. ``known``: the simulator speaks it. Anything that is a write or not
    known was refused.
    """

    kind: Literal["REST", "WS"]
    method: str
    path: str
    params: Mapping[str, str]
    wall_ns: int
    write: bool
    known: bool

    @property
    def violation(self) -> bool:
        """True for what a read-only client that knows its exchange never sends."""
        return self.write or not self.known


@dataclass(slots=True)
class RequestLog:
    """All requests, oldest first."""

    requests: list[Request] = field(default_factory=list)

    def add(self, request: Request) -> None:
        """Remember one."""
        self.requests.append(request)

    @property
    def violations(self) -> list[Request]:
        """Those that write or that nobody knows."""
        return [request for request in self.requests if request.violation]


def masked(params: Mapping[str, object]) -> dict[str, str]:
    """Return parameters as texts with everything secret by name masked."""
    return {str(key): MASK if str(key).lower() in _SECRET else str(value) for key, value in params.items()}
