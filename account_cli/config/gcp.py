"""Google Secret Manager: ``gcp:PROJECT/NAME``, ``gcp:PROJECT/NAME/VERSION`` or the full name of the resource.

Who asks is found as all of Google's tools find it (GOOGLE_APPLICATION_CREDENTIALS, gcloud's own login, the machine's
metadata); that is the ``google-auth`` library's, and the question itself is one GET.

Source: cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access: ``GET
/v1/projects/*/secrets/*/versions/*:access`` answers ``{"payload": {"data": BASE64, "dataCrc32c": …}}``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import quote

from account_cli.config.asking_servers import Place, ask
from account_cli.errors import ConfigError, Unreachable

_API = "https://secretmanager.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
API_VARIABLE = "ACCT_GCP_API"
"""Another address of the API: a private endpoint, or a server of one's own."""


def accessed(where: str, env: Mapping[str, str], *, what: str, file: str | None) -> str:
    """Return the payload of a version of a secret, the latest where none is named.

    Raises ``ConfigError``, or ``Unreachable`` when Google cannot be asked.
    """
    name = _resource(where)
    api = env.get(API_VARIABLE, "").strip().rstrip("/") or _API
    place = Place("Secret Manager", f"{api}/v1/{quote(name)}:access", what=what, file=file)
    secret = name.partition("/secrets/")[2].partition("/")[0]
    role = "grant roles/secretmanager.secretAccessor on this secret to whoever asks"
    meanings = {
        400: ("does not understand the name of the secret", "gcp:PROJECT/NAME"),
        401: ("does not know who asks", "gcloud auth application-default login"),
        403: (f"{secret} may not be read", role),
        404: (f"there is no {name}", "gcloud secrets versions list says which there are"),
    }
    answer = ask(place, {"Authorization": f"Bearer {_token(place)}"}, meanings=meanings)
    payload = answer.get("payload")
    data = payload.get("data") if isinstance(payload, dict) else None
    try:
        found = base64.b64decode(data, validate=True).decode().strip() if isinstance(data, str) else ""
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not found:
        place.refuse(f"{secret} holds no text")
    return found


def _resource(where: str) -> str:
    parts = [part for part in where.split("/") if part]
    if parts[0] == "projects":
        parts = [part for at, part in enumerate(parts) if at % 2]
    project, secret, *version = parts
    return f"projects/{project}/secrets/{secret}/versions/{version[0] if version else 'latest'}"


def _token(place: Place) -> str:
    try:
        import google.auth
        import google.auth.exceptions
        import google.auth.transport.requests
    except ImportError:
        raise ConfigError(
            "Secret Manager is asked through a library that is not installed",
            file=place.file,
            key=place.what,
            hint="pip install 'google-auth[requests]'",
        ) from None
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        credentials.refresh(google.auth.transport.requests.Request())
    except google.auth.exceptions.TransportError:
        raise Unreachable("whoever answers for Google's accounts cannot be reached") from None
    except google.auth.exceptions.GoogleAuthError as error:
        place.refuse(
            f"who asks could not be found out ({type(error).__name__})", "gcloud auth application-default login"
        )
    return str(credentials.token)
