"""What comes instead of an answer: a refusal, an error page of whatever stands in front, or an answer cut off."""

from __future__ import annotations

import dataclasses

from account_cli.simulator.faults import HttpFault
from account_cli.simulator.stage import Answer, VenueProtocol

_TITLES = {200: "Maintenance", 403: "Forbidden", 502: "Bad Gateway", 503: "Service Unavailable"}


def html(status: int, size: int) -> str:
    """Return an error page of about so many bytes."""
    title = f"{status} {_TITLES[status]}"
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>" + "<p>down</p>" * (size // 11)


def faulty(fault: HttpFault, answer: Answer, protocol: VenueProtocol) -> Answer:
    """Return what comes instead of ``answer``; the venue's own words come first."""
    own = protocol.refusal(fault, answer)
    if own is not None:
        return own
    match fault:
        case "badjson":
            return Answer(body=answer.body[: len(answer.body) * 2 // 3])
        case "429" | "429bare":
            headers = {"Retry-After": "1"} if fault == "429" else {}
            return Answer(body="Too Many Requests", status=429, headers=headers, content_type="text/plain")
        case "403":
            return Answer(body=html(403, 2000), status=403, content_type="text/html")
        case "502html":
            return Answer(body=html(502, 100_000), status=502, content_type="text/html")
        case "503html":
            return Answer(body=html(503, 2000), status=503, content_type="text/html")
        case "html":
            return Answer(body=html(200, 2000), content_type="text/html")
        case "gzip":
            return dataclasses.replace(answer, manner="packed")
        case "slow":
            return dataclasses.replace(answer, manner="slow")
        case "timeout" | "error" | "warning":
            return answer
