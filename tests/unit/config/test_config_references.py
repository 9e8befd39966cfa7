"""A reference is followed to the secret, or refused with what to do; what was found is in no message."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from account_cli.config import load_config
from account_cli.config.references import follow, is_reference, shown, wrong_form
from account_cli.config.secrets import KeySource, resolve
from account_cli.errors import AcctError, ConfigError, Unreachable
from tests.unit.config.secret_servers import Google, Vault, served

CANARY = "canary-4f1d9b7e55aa"
TOKEN = "hvs.canary-of-a-token-90210"


def found(reference: str, env: dict[str, str] | None = None, file: str | None = None) -> str:
    return follow(reference, {} if env is None else env, what="accounts.main.api_key", file=file)


def refused(reference: str, env: dict[str, str] | None = None, file: str | None = None) -> AcctError:
    with pytest.raises(AcctError) as caught:
        found(reference, env, file)
    said = f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert CANARY not in said
    assert TOKEN not in said
    return caught.value


def test_a_variable_a_file_and_a_command(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(f"{CANARY}\n")
    secret.chmod(0o600)
    assert found("env:MINE", {"MINE": f" {CANARY} "}) == CANARY
    assert found(f"file:{secret}") == CANARY
    assert found("file:key", file=str(tmp_path / "config.toml")) == CANARY
    assert found(f"cmd:{sys.executable} -c 'print(\"{CANARY}\")'") == CANARY
    assert "MINE is not set" in refused("env:MINE").message
    assert (
        refused(f"file:{tmp_path}/none").hint == "write the secret into it (mode 600), or name the file that holds it"
    )
    assert "print the secret as its first line" in str(refused("cmd:no-such-program-here").hint)
    secret.chmod(0o644)
    error = refused(f"file:{secret}")
    assert (error.exit_code, error.hint) == (8, f"chmod 600 {secret}")


def test_no_shell_reads_a_command_and_what_it_says_is_kept_nowhere(tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled"
    assert found(f"cmd:echo {CANARY};touch {spoiled}").startswith(CANARY)
    assert not spoiled.exists()
    error = refused(f'cmd:{sys.executable} -c \'import sys; print("{CANARY}"); sys.exit("{CANARY}")\'')
    assert "ended with an error" in error.message


@pytest.mark.parametrize(
    "reference",
    [
        *("env:", "env:A B", "file:", "keyring:", "keyring:acct", "cmd:", "vault:secret", "vault:secret/x"),
        *("vault:secret/x#", "gcp:project", "gcp:a/b#c", "file:a\nb", "env:1X"),
    ],
)
def test_a_reference_of_a_wrong_form_is_refused_when_the_file_is_read(tmp_path: Path, reference: str) -> None:
    assert wrong_form(reference) is not None
    file = tmp_path / "c.toml"
    file.write_text(f"[accounts.kraken]\napi_key = {json.dumps(reference)}\n")
    with pytest.raises(ConfigError, match=r"look like|one line") as caught:
        load_config(file, {})
    assert caught.value.line == 2


def test_what_is_no_reference_is_taken_as_it_is() -> None:
    for text in ("abc", "https://x", "file", "env://x", "vaulted:x", "KRAKEN:x"):
        assert not is_reference(text)
    assert shown(f"cmd:tell {CANARY}") == "cmd:tell …"
    assert shown("keyring:acct/main/key") == "keyring:acct/main/key"


def test_a_key_may_be_referred_to_wherever_a_key_may_be(tmp_path: Path) -> None:
    env = {"MAIN_API_KEY": "env:A", "A": "key-of-a", "B": CANARY}
    secrets = resolve("main", KeySource({"secret": "env:B"}), env)
    assert (secrets.api_key, secrets.secret) == ("key-of-a", CANARY)
    file = tmp_path / "c.toml"
    file.write_text('[storage]\nredis = "env:URL"\ndatabase = "env:DB"\n')
    file.chmod(0o644)  # it holds no secret
    config = load_config(file, {"URL": f"redis://:{CANARY}@h/0", "DB": f"postgresql://me:{CANARY}@h/d"})
    assert config.redis == f"redis://:{CANARY}@h/0"
    assert config.database == f"postgresql://me:{CANARY}@h/d"
    assert CANARY not in repr(config)
    with pytest.raises(ConfigError, match=r"c.toml:2 \[storage.redis\]: a Redis is named by a URL") as caught:
        load_config(file, {"URL": CANARY, "DB": "sqlite:////x"})
    assert CANARY not in str(caught.value)


# ---- Vault ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def vault() -> Iterator[Vault]:
    secrets = {"acct/main": {"api_key": CANARY, "number": 7}, "gone": None}
    with served(server := Vault(TOKEN, "secret", secrets)):
        yield server


def env_of(vault: Vault, **more: str) -> dict[str, str]:
    return {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN, "HOME": "/nonexistent", **more}


def test_vault_is_asked_once_for_one_field(vault: Vault) -> None:
    assert found("vault:secret/acct/main#api_key", env_of(vault)) == CANARY
    assert vault.asked == [("GET", "/v1/secret/data/acct/main", TOKEN)]


def test_vault_s_token_may_be_in_a_file_and_its_namespace_in_the_environment(vault: Vault, tmp_path: Path) -> None:
    vault.namespace = "team"
    token = tmp_path / ".vault-token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    base = {"VAULT_ADDR": vault.url, "VAULT_NAMESPACE": "team"}
    assert found("vault:secret/acct/main#api_key", {**base, "VAULT_TOKEN_FILE": str(token)}) == CANARY
    assert found("vault:secret/acct/main#api_key", {**base, "HOME": str(tmp_path)}) == CANARY
    token.chmod(0o644)
    assert "may be read by others" in refused("vault:secret/acct/main#api_key", {**base, "HOME": str(tmp_path)}).message


@pytest.mark.parametrize(
    ("reference", "more", "said", "hint"),
    [
        ("vault:secret/acct/main#api_key", {"VAULT_TOKEN": "other"}, "the token may not read it", "vault kv get"),
        ("vault:secret/acct/other#api_key", {}, "there is no secret/acct/other", "vault kv put"),
        ("vault:secret/gone#api_key", {}, "there is no secret/gone", None),
        ("vault:secret/acct/main#secret", {}, "has no field 'secret'", None),
        ("vault:secret/acct/main#number", {}, "has no field 'number'", None),
        ("vault:kv/acct/main#api_key", {}, "there is no kv/acct/main", None),
        ("vault:secret/acct/main#api_key", {"VAULT_TOKEN": ""}, "no token to ask it with", "VAULT_TOKEN"),
        ("vault:secret/acct/main#api_key", {"VAULT_ADDR": "ftp://x"}, "no address that starts with", None),
        ("vault:secret/acct/main#api_key", {"VAULT_ADDR": "http://127.0.0.1:1"}, "cannot be reached", "network"),
        ("vault:secret/acct/main#api_key", {"VAULT_CACERT": "/nowhere"}, "/nowhere cannot be used", None),
    ],
)
def test_what_vault_refuses_is_said_with_what_to_do(
    vault: Vault, reference: str, more: dict[str, str], said: str, hint: str | None
) -> None:
    error = refused(reference, env_of(vault, **more))
    assert said in error.message
    assert hint is None or hint in str(error.hint)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_vault_on_this_machine_may_be_asked_over_plain_http(vault: Vault, host: str) -> None:
    address = vault.url.replace("127.0.0.1", host)
    assert found("vault:secret/acct/main#api_key", env_of(vault, VAULT_ADDR=address)) == CANARY


@pytest.mark.parametrize("host", ["0.0.0.0", "vault.example", "localhost.example", "10.1.2.3", "[2001:db8::1]"])
def test_a_token_is_not_sent_in_the_clear_to_another_machine(vault: Vault, host: str) -> None:
    """0.0.0.0 would reach the very server of this test: it is the address that decides, before anything is sent."""
    address = vault.url.replace("127.0.0.1", host)
    error = refused("vault:secret/acct/main#api_key", env_of(vault, VAULT_ADDR=address))
    assert "plain http would send the token in the clear" in error.message
    assert error.hint is not None
    assert "https://" in error.hint
    assert TOKEN not in error.message
    assert vault.asked == []


def test_vault_in_trouble_is_temporary_and_a_redirect_takes_no_token_along(vault: Vault) -> None:
    vault.sealed = True
    assert "sealed" in refused("vault:secret/acct/main#api_key", env_of(vault)).message
    vault.sealed = False
    vault.answer_instead = (502, {}, b"bad gateway")
    assert isinstance(refused("vault:secret/acct/main#api_key", env_of(vault)), Unreachable)
    for raw in (b"[]", b"no json", b'{"data": {"api_key": "version one"}}', b"\xff"):
        vault.answer_instead = (200, {}, raw)
        assert "answered" in refused("vault:secret/acct/main#api_key", env_of(vault)).message
    with served(other := Vault(TOKEN, "secret", {})):
        vault.answer_instead = (307, {"Location": f"{other.url}/v1/secret/data/acct/main"}, b"")
        assert "redirect" in refused("vault:secret/acct/main#api_key", env_of(vault)).message
        assert other.asked == []


# ---- Google --------------------------------------------------------------------------------------------------------


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    pytest.importorskip("google.auth", reason="the extra gcp is not installed")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names = {"projects/p/secrets/main/versions/latest": CANARY.encode(), "projects/p/secrets/main/versions/2": b"two\n"}
    names["projects/p/secrets/bytes/versions/latest"] = b"\xff\xfe"
    with served(server := Google(key.public_key(), "acct@p.example", names)):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        who = {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": server.email,
            "token_uri": f"{server.url}/token",
        }
        file = tmp_path / "who.json"
        file.write_text(json.dumps(who))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield server


def test_google_is_asked_for_the_latest_version_or_the_one_named(google: Google) -> None:
    env = {"ACCT_GCP_API": google.url}
    assert found("gcp:p/main", env) == CANARY
    assert found("gcp:p/main/2", env) == "two"
    assert found("gcp:projects/p/secrets/main", env) == CANARY
    assert found("gcp:projects/p/secrets/main/versions/2", env) == "two"
    bearer = f"Bearer {google.token}"
    assert google.asked[:2] == [
        ("POST", "/token", ""),
        ("GET", "/v1/projects/p/secrets/main/versions/latest:access", bearer),
    ]


def test_what_google_refuses_is_said_with_what_to_do(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"ACCT_GCP_API": google.url}
    assert "roles/secretmanager.secretAccessor" in str(refused("gcp:p/forbidden", env).hint)
    assert "there is no projects/p/secrets/other" in refused("gcp:p/other", env).message
    assert "holds no text" in refused("gcp:p/bytes", env).message
    google.email = "somebody@else.example"
    assert "who asks could not be found out" in refused("gcp:p/main", env).message
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    assert "gcloud auth" in str(refused("gcp:p/main", env).hint)
    assert google.token not in "".join(path for _, path, _ in google.asked)


# ---- keyring -------------------------------------------------------------------------------------------------------

BACKEND = '''
"""A keyring in a file, for tests: the library's own interface, and a switch that locks it."""
import json, os, pathlib
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

class Keyring(KeyringBackend):
    priority = 1
    name = "file for tests"
    @property
    def place(self): return pathlib.Path(os.environ["ACCT_TEST_KEYRING"])
    def _all(self):
        if self.place.with_suffix(".locked").exists(): raise KeyringLocked("locked")
        return json.loads(self.place.read_text()) if self.place.exists() else {}
    def get_password(self, service, username): return self._all().get(f"{service}|{username}")
    def set_password(self, service, username, password):
        self.place.write_text(json.dumps({**self._all(), f"{service}|{username}": password}))
    def delete_password(self, service, username):
        kept = self._all()
        if f"{service}|{username}" not in kept: raise PasswordDeleteError(username)
        del kept[f"{service}|{username}"]
        self.place.write_text(json.dumps(kept))
'''


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    keyring = pytest.importorskip("keyring", reason="the extra keyring is not installed")
    (tmp_path / "keyring_of_tests.py").write_text(BACKEND)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ACCT_TEST_KEYRING", str(tmp_path / "ring.json"))
    before = keyring.get_keyring()
    module = __import__("keyring_of_tests")
    keyring.set_keyring(module.Keyring())
    yield tmp_path / "ring.json"
    keyring.set_keyring(before)
    sys.modules.pop("keyring_of_tests", None)


def test_the_keyring_keeps_gives_and_forgets(ring: Path) -> None:
    from account_cli.config.keyrings import forget, store, which

    assert "holds no acct/main/api_key" in refused("keyring:acct/main/api_key").message
    store("acct/main/api_key", CANARY, what="x")
    assert found("keyring:acct/main/api_key") == CANARY
    assert json.loads(ring.read_text()) == {"acct|main/api_key": CANARY}
    assert which() == ("file for tests", True)
    forget("acct/main/api_key")
    forget("acct/main/api_key")
    assert "keyring set acct main/api_key" in str(refused("keyring:acct/main/api_key").hint)


def test_a_locked_keyring_is_said_with_another_place(ring: Path) -> None:
    from account_cli.config.keyrings import store

    ring.with_suffix(".locked").touch()
    error = refused("keyring:acct/main/api_key")
    assert "KeyringLocked" in error.message
    assert "file of mode 600" in str(error.hint)
    with pytest.raises(ConfigError, match="takes nothing"):
        store("acct/main/api_key", CANARY, what="x")


def test_where_nothing_keeps_secrets_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the extra keyring is not installed")
    from keyring.backends.fail import Keyring

    from account_cli.config.keyrings import store, which

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        assert "NoKeyringError" in refused("keyring:acct/main/api_key").message
        assert which()[1] is False
        with pytest.raises(ConfigError, match="NoKeyringError"):
            store("acct/main/api_key", CANARY, what="x")
    finally:
        keyring.set_keyring(before)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setitem(sys.modules, "google.auth", None)
    assert refused("keyring:acct/main/api_key").hint == "pip install keyring"
    assert refused("gcp:p/main").hint == "pip install 'google-auth[requests]'"


def test_a_container_s_secrets_may_be_read_by_whoever_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from account_cli.config.references import demand_private

    def status(mode: int) -> os.stat_result:
        return os.stat_result((0o100000 | mode, 0, 0, 1, 0, 0, 9, 0, 0, 0))

    demand_private(status(0o444), "/run/secrets/kraken_key")
    demand_private(status(0o644), "/var/run/secrets/acct/key")
    for mode, path in ((0o666, "/run/secrets/key"), (0o444, "/run/secrets-of-others/key"), (0o444, "/etc/key")):
        with pytest.raises(ConfigError, match="may be read by others"):
            demand_private(status(mode), path)


@pytest.mark.parametrize("slip", ["envv:KEY", "ENV:KEY", "flie:/run/key", "keyrng:acct/main/api_key", "valt:a/b#c"])
def test_a_slip_in_a_reference_is_not_taken_for_the_key_itself(slip: str) -> None:
    from account_cli.config.references import wrong_form

    assert wrong_form(slip) is not None
    assert not any(map(wrong_form, ("c2VjcmV0", "https://example.org", "organizations/o/apiKeys/k", "a:b")))
