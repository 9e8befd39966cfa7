"""The units that acct ships are what systemd understands, and run acct as it is."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from account_cli.cli.app import build
from account_cli.config.references import read_secret
from account_cli.errors import ConfigError

UNITS = Path(__file__).parents[3] / "deploy/systemd"


class Unit(configparser.RawConfigParser):
    """A unit file: keys keep their case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(name: str) -> Unit:
    found = Unit(strict=False)
    found.read_string((UNITS / name).read_text())
    return found


def test_the_service_runs_a_command_that_there_is_and_takes_only_a_break_for_a_failure() -> None:
    service = unit("acct-reconcile.service")["Service"]
    program, acct, *arguments = shlex.split(service["ExecStart"])
    assert (program, acct) == ("/usr/bin/env", "acct")
    group = build()
    with group.make_context("acct", arguments, obj=_session()) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert (name, command is not None) == ("reconcile", True)
        assert command is not None
        command.make_context("reconcile", rest, parent=context)
    assert service["SuccessExitStatus"].split() == ["4", "6", "7"]


def test_the_service_is_locked_in_and_gets_its_keys_as_credentials() -> None:
    service = unit("acct-reconcile.service")["Service"]
    for key in ("DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictSUIDSGID"):
        assert service[key] == "yes", key
    assert service["ProtectSystem"] == "strict"
    assert service["LoadCredential"].startswith("config.toml:")
    assert int(service["TimeoutStartSec"]) > 120 + 60, "longer than acct itself waits"


def test_the_timer_spreads_its_runs_and_makes_up_for_missed_ones() -> None:
    timer = unit("acct-reconcile.timer")["Timer"]
    assert (timer["Persistent"], timer["RandomizedDelaySec"]) == ("true", "5min")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_has_nothing_to_say_against_them() -> None:
    files = sorted(str(file) for file in UNITS.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_credential_of_systemd_may_be_read_by_its_group_and_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kraken.key"
    file.write_text("key\n")
    file.chmod(0o440)
    with pytest.raises(ConfigError, match="may be read by others"):
        read_secret(file, what="key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(file, what="key") == "key"
    file.chmod(0o444)
    with pytest.raises(ConfigError, match="may be read by others"):
        read_secret(file, what="key")


def _session() -> object:
    from account_cli.cli.session import Session

    return Session()
