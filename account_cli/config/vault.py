"""HashiCorp Vault, the key-value engine of version 2: ``vault:MOUNT/PATH#FIELD``.

``VAULT_ADDR`` says where it is (https://127.0.0.1:8200 when not given), ``VAULT_TOKEN``, ``VAULT_TOKEN_FILE`` or
``~/.vault-token`` holds the token, ``VAULT_NAMESPACE`` and ``VAULT_CACERT`` are heeded. Only one GET is ever sent.

Source: developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, "Read secret version": ``GET /v1/:mount/data/:path``
with ``X-Vault-Token`` answers ``{"data": {"data": {FIELD: VALUE}, "metadata": {…}}}``; 404 where there is none or it
was deleted, 403 where the token may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from account_cli.config.asking_servers import Place, ask
from account_cli.config.references import read_secret
from account_cli.errors import ConfigError

_ADDRESS = "https://127.0.0.1:8200"


def kept(where: str, env: Mapping[str, str], *, what: str, file: str | None) -> str:
    """Return a field of a secret. Raises ``ConfigError``, or ``Unreachable`` when Vault is away or sealed."""
    path, _, field = where.rpartition("#")
    mount, _, rest = path.strip("/").partition("/")
    address = env.get("VAULT_ADDR", "").strip().rstrip("/") or _ADDRESS
    place = Place("Vault", f"{address}/v1/{quote(mount)}/data/{quote(rest)}", what=what, file=file)
    headers = {"X-Vault-Token": _token(env, place), "X-Vault-Request": "true"}
    if namespace := env.get("VAULT_NAMESPACE", "").strip():
        headers["X-Vault-Namespace"] = namespace
    meanings = {
        400: ("does not understand the question", f"is {mount} a key-value engine of version 2?"),
        403: ("the token may not read it", f"vault kv get -mount={mount} {rest} says whether yours may"),
        404: (f"there is no {mount}/{rest}", f"vault kv put -mount={mount} {rest} {field}=…"),
        503: ("it is sealed, or down for work", "vault status"),
    }
    answer = ask(place, headers, meanings=meanings, ca_file=env.get("VAULT_CACERT", "").strip() or None)
    outer = answer.get("data")
    data = outer.get("data") if isinstance(outer, dict) else None
    if not isinstance(data, dict):
        place.refuse("answered, but not as a key-value engine of version 2 does", f"is {mount} of version 2?")
    found = data.get(field)
    if not isinstance(found, str) or not found.strip():
        place.refuse(f"{mount}/{rest} has no field {field!r}", "vault kv get lists its fields")
    return found.strip()


def _token(env: Mapping[str, str], place: Place) -> str:
    if token := env.get("VAULT_TOKEN", "").strip():
        return token
    if path := env.get("VAULT_TOKEN_FILE", "").strip():
        return read_secret(Path(path), what="VAULT_TOKEN_FILE")
    try:
        return read_secret(Path(env.get("HOME") or "~").expanduser() / ".vault-token", what=place.what)
    except ConfigError as error:
        if "No such file" in error.message:
            place.refuse("there is no token to ask it with", "set VAULT_TOKEN or VAULT_TOKEN_FILE, or run vault login")
        raise
