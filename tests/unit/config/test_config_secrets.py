"""A secret is found where it may be, refused where others can read it, and shown nowhere."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from account_cli.config import AccountConfig, load_config
from account_cli.config.secrets import KeySource, resolve, variable
from account_cli.errors import AcctError, ConfigError, KeyMissing
from account_cli.redaction import Redactor

CANARY = "canary-4f1d9b7e"


def account(tmp_path: Path, lines: str, mode: int = 0o600, name: str = "main") -> AccountConfig:
    file = tmp_path / "config.toml"
    file.write_text(f"[accounts.{name}]\nexchange = 'kraken'\n{lines}\n")
    file.chmod(mode)
    return load_config(file, {}, home=tmp_path, venues=lambda: ("kraken",)).account(name)


def secret_file(tmp_path: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_environment_is_asked_first_then_its_files_then_the_configuration(tmp_path: Path) -> None:
    written = account(tmp_path, "api_key = 'from-config'\nsecret = 'secret-config'\npassphrase = 'pass-config'")
    found = written.reader_settings({})
    assert (found.api_key, found.secret, found.passphrase) == ("from-config", "secret-config", "pass-config")
    path = secret_file(tmp_path, "key", "from-file\n")
    found = written.reader_settings({"MAIN_API_KEY_FILE": str(path)})
    assert (found.api_key, found.secret) == ("from-file", "secret-config")
    found = written.reader_settings(
        {"MAIN_API_KEY": " from-env ", "MAIN_API_KEY_FILE": str(path), "MAIN_API_SECRET": ""}
    )
    assert (found.api_key, found.secret) == ("from-env", "secret-config")


def test_a_configured_file_or_command_gives_the_secret(tmp_path: Path) -> None:
    secret_file(tmp_path, "main.key", "key-in-file\n")
    written = account(
        tmp_path, "api_key_file = 'main.key'\nsecret_command = 'printf \"%s\\\\nsecond line\" said-by-command'"
    )
    found = written.reader_settings({})
    assert (found.api_key, found.secret) == ("key-in-file", "said-by-command")


def test_the_variable_is_named_after_the_account() -> None:
    assert variable("kraken", "api_key") == "KRAKEN_API_KEY"
    assert variable("my-kraken.2", "secret") == "MY_KRAKEN_2_API_SECRET"


def test_a_missing_key_says_exactly_what_to_set(tmp_path: Path) -> None:
    config = load_config(None, {}, home=tmp_path, venues=lambda: ("kraken",))
    with pytest.raises(KeyMissing) as caught:
        config.account("kraken").reader_settings({})
    assert caught.value.exit_code == 5
    hint = caught.value.hint or ""
    assert "KRAKEN_API_KEY and KRAKEN_API_SECRET" in hint
    assert f"[accounts.kraken] of {tmp_path}/.config/acct/config.toml" in hint
    with pytest.raises(KeyMissing) as caught:
        config.account("kraken").reader_settings({"KRAKEN_API_KEY": CANARY})
    hint = caught.value.hint or ""
    assert "KRAKEN_API_SECRET" in hint
    assert "KRAKEN_API_KEY" not in hint
    assert CANARY not in caught.value.message + hint


def test_an_address_stands_in_for_a_key(tmp_path: Path) -> None:
    assert account(tmp_path, "wallet_address = '0xabc'").reader_settings({}).wallet_address == "0xabc"
    assert account(tmp_path, "").reader_settings({"MAIN_WALLET_ADDRESS": "0xdef"}).wallet_address == "0xdef"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_configuration_with_a_secret_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError) as caught:
        account(tmp_path, f"api_key = '{CANARY}'", mode)
    assert caught.value.hint == f"chmod 600 {tmp_path / 'config.toml'}"
    assert CANARY not in caught.value.message


def test_a_configuration_without_a_secret_may_be_read_by_all(tmp_path: Path) -> None:
    secret_file(tmp_path, "k", "key-in-file", 0o400)
    assert account(tmp_path, "api_key_file = 'k'", 0o644).name == "main"


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o666])
def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, "k", CANARY, mode)
    for env, lines in (({"MAIN_API_KEY_FILE": str(path)}, ""), ({}, f"api_key_file = '{path}'")):
        with pytest.raises(ConfigError) as caught:
            account(tmp_path, lines).reader_settings(env)
        assert caught.value.hint == f"chmod 600 {path}"
        assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("api_key_file = 'nowhere'", "No such file"),
        ("api_key_file = 'empty'", "empty"),
        ("api_key_file = 'bytes'", "not text"),
        ("api_key_command = 'false'", "ended with an error"),
        ("api_key_command = 'no-such-program-here'", "not found"),
        ("api_key_command = 'true'", "printed nothing"),
        ("api_key_command = '\"'", "cannot be run"),
    ],
)
def test_a_source_that_gives_nothing_is_named(tmp_path: Path, lines: str, reason: str) -> None:
    secret_file(tmp_path, "empty", "\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes").chmod(0o600)
    with pytest.raises(ConfigError, match=reason) as caught:
        account(tmp_path, lines).reader_settings({})
    assert "api_key" in (caught.value.key or "")


def test_a_secret_shows_in_no_text(tmp_path: Path) -> None:
    written = account(tmp_path, f"api_key = '{CANARY}'\nsecret = '{CANARY}'\npassphrase = '{CANARY}'")
    config = load_config(tmp_path / "config.toml", {}, home=tmp_path)
    redactor = Redactor()
    settings = written.reader_settings({}, redactor=redactor)
    assert settings.secret == CANARY
    for shown in (written, written.keys, config, settings, [written], {"a": config}):
        assert CANARY not in f"{shown!r} {shown}"
    assert CANARY not in redactor.clean(f"GET /?key={CANARY}")
    assert CANARY not in json.dumps({"account": repr(written)})
    with pytest.raises((AcctError, TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(config)


def test_a_command_that_prints_a_key_is_told_no_other_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTHER_API_KEY", "OTHER_API_SECRET", "other_api_passphrase"):
        monkeypatch.setenv(name, "a-key-of-another-account")
    monkeypatch.setenv("HARMLESS", "is-told")
    program = tmp_path / "prints"
    program.write_text(
        f"#!{sys.executable}\nimport os\nprint('|'.join(f'{{k}}={{v}}' for k, v in os.environ.items()))\n"
    )
    program.chmod(0o700)
    found = resolve("main", KeySource({"api_key_command": str(program), "secret": "s" * 8}), {}).api_key
    assert found is not None
    assert "HARMLESS=is-told" in found
    assert "a-key-of-another-account" not in found
