"""Two servers on loopback that speak, as strictly as the real ones, the little of their API that acct uses.

``Vault``: developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 and /vault/api-docs ("HTTP status codes").
``Google``: the token endpoint of RFC 7523 (the assertion's RS256 signature is verified) and
cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access.
Both write down every request, so that a test can say that nothing else was asked.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Server:
    """What both have: an address, and what was asked: method, path and the header that opens something."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.url = ""
        self.answer_instead: tuple[int, dict[str, str], bytes] | None = None

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        raise NotImplementedError


@contextmanager
def served(server: Server) -> Iterator[Server]:
    """Listen on loopback for the block."""

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            opens = headers.get("x-vault-token", headers.get("authorization", ""))
            server.asked.append((self.command, self.path, opens))
            if server.answer_instead is not None:
                status, more, raw = server.answer_instead
            else:
                status, found = server.answer(self.command, self.path, headers, body)
                more, raw = {"Content-Type": "application/json"}, json.dumps(found).encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _reply  # noqa: N815 -- the names are the library's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature is the library's
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


class Vault(Server):
    """One key-value engine of version 2 at ``mount``; ``secrets`` by path, None for a version that was deleted."""

    def __init__(self, token: str, mount: str, secrets: dict[str, dict[str, Any] | None], namespace: str = "") -> None:
        super().__init__()
        self.token, self.mount, self.secrets, self.namespace, self.sealed = token, mount, secrets, namespace, False

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if headers.get("x-vault-token") != self.token or headers.get("x-vault-namespace", "") != self.namespace:
            return 403, {"errors": ["permission denied"]}
        if method != "GET":
            return 405, {"errors": []}
        data = f"/v1/{self.mount}/data/"
        if not path.startswith(data):
            hint = "Invalid path for a versioned K/V secrets engine." if path.startswith(f"/v1/{self.mount}/") else ""
            return 404, {"errors": [], "warnings": [hint]}
        name = path.removeprefix(data)
        if name not in self.secrets:
            return 404, {"errors": []}
        version = {"version": 1, "destroyed": False, "created_time": "2026-01-01T00:00:00Z", "custom_metadata": None}
        found = self.secrets[name]
        return (404 if found is None else 200), {
            "request_id": "0", "lease_id": "", "renewable": False, "lease_duration": 0,
            "data": {"data": found, "metadata": {**version, "deletion_time": "" if found else "2026-01-02"}},
            "wrap_info": None, "warnings": None, "auth": None,
        }  # fmt: skip


class Google(Server):
    """A token endpoint for one service account, and the versions of its project's secrets."""

    def __init__(self, public_key: Any, email: str, secrets: dict[str, bytes]) -> None:
        super().__init__()
        self.public_key, self.email, self.secrets, self.token = public_key, email, secrets, "ya29.granted-to-a-test"

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        if (method, path) == ("POST", "/token"):
            return self._granted(parse_qs(body))
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        name = path.removeprefix("/v1/").removesuffix(":access")
        if method != "GET" or not path.startswith("/v1/projects/") or not path.endswith(":access"):
            return 404, {"error": {"code": 404, "status": "NOT_FOUND"}}
        if "/secrets/forbidden/" in name:
            return 403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}
        if name not in self.secrets:
            return 404, {"error": {"code": 404, "status": "NOT_FOUND"}}
        return 200, {"name": name, "payload": {"data": base64.b64encode(self.secrets[name]).decode()}}

    def _granted(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        assertion = form["assertion"][0]
        signed, _, signature = assertion.rpartition(".")
        try:
            self.public_key.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return 400, {"error": "invalid_grant"}
        claims = json.loads(_decoded(signed.partition(".")[2]))
        right = claims["iss"] == self.email and claims["aud"] == "https://oauth2.googleapis.com/token"
        if not right or form["grant_type"] != ["urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
