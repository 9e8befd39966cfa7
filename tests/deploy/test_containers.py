"""What is deployed runs as nobody, on a file system that may be read only, watched by commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from account_cli.cli.app import build
from account_cli.cli.session import Session
from account_cli.config import load_config

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/docker/compose.yaml").read_text())
MANIFESTS: dict[str, dict[str, Any]] = {
    one["kind"]: one for one in yaml.safe_load_all((ROOT / "deploy/kubernetes/acct.yaml").read_text())
}
POD = MANIFESTS["Deployment"]["spec"]["template"]["spec"]
(COLLECT,) = POD["containers"]


def parses(words: list[str]) -> bool:
    """True for words that acct takes."""
    group = build()
    context = group.make_context("acct", list(words), obj=Session(), resilient_parsing=False)
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    assert name is not None
    assert command is not None
    command.make_context(name, rest, parent=context)
    return True


def test_the_image_runs_as_a_user_of_its_own_and_looks_after_itself() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "USER root" not in last
    health = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", last, re.MULTILINE)
    assert health is not None
    words = yaml.safe_load(health[1])
    assert words[0] == "acct"
    assert parses(words[1:])
    (begins,) = re.findall(r"^CMD (\[.*\])$", last, re.MULTILINE)
    assert parses(yaml.safe_load(begins))
    installs = re.findall(r"pip install (.*?)(?: \\|$)", DOCKERFILE, re.MULTILINE)
    assert all("--require-hashes" in words or "--no-deps" in words for words in installs)


def test_what_the_image_is_built_of_is_there() -> None:
    for line in DOCKERFILE.splitlines():
        if line.startswith("COPY deploy"):
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists()
    allowed = [
        line[1:]
        for line in (ROOT / "deploy/docker/Dockerfile.dockerignore").read_text().splitlines()
        if line[:1] == "!"
    ]
    for pattern in allowed:
        assert list(ROOT.glob(pattern)), pattern
    for needed in (
        "account_cli",
        "completions",
        "docs/man",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "config.toml.example",
    ):
        assert needed in allowed, "hatch puts it into the wheel"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_locked_down(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "ports" not in service, "nothing is reached from outside"
    assert "healthcheck" in service or name == "collect", "the image has its own"
    for secret in service.get("secrets", []):
        assert secret in COMPOSE["secrets"]
    for volume in service.get("volumes", []):
        named = volume.split(":")[0] if isinstance(volume, str) else volume["source"]
        assert named.startswith("./") or named in COMPOSE["volumes"]


def test_what_compose_runs_can_be_run_and_its_settings_are_known(tmp_path: Path) -> None:
    collect = COMPOSE["services"]["collect"]
    assert parses(collect["command"])
    own = {key: value for key, value in collect["environment"].items() if key.startswith("ACCT_")}
    config = load_config(None, {"HOME": str(tmp_path), **own}, venues=lambda: ("kraken",))
    assert "postgres" in str(config.database)
    assert config.redis is not None
    assert set(collect["depends_on"]) == {"postgres", "redis"}
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_the_pod_is_locked_down_and_its_probes_are_commands_of_acct() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False
    for container in (COLLECT, *POD["initContainers"]):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= {volume["name"] for volume in POD["volumes"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        words = COLLECT[probe]["exec"]["command"]
        assert words[0] == "acct"
        assert "health" in words
        assert parses(words[1:])
        assert COLLECT[probe]["timeoutSeconds"] > 2, "acct itself waits two seconds for the database"
    assert parses(COLLECT["args"])


def test_the_configuration_in_the_manifest_is_one(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.touch(mode=0o600)
    file.write_text(MANIFESTS["ConfigMap"]["data"]["config.toml"])
    config = load_config(file, {"HOME": str(tmp_path)}, venues=lambda: ("kraken",))
    assert set(config.accounts) == {"kraken"}


def test_labels_that_select_are_those_that_are_set() -> None:
    wanted = MANIFESTS["Deployment"]["spec"]["selector"]["matchLabels"]
    assert MANIFESTS["Deployment"]["spec"]["template"]["metadata"]["labels"] == wanted
    assert MANIFESTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == wanted
    assert MANIFESTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == wanted
    assert MANIFESTS["NetworkPolicy"]["spec"].get("ingress") is None


def test_the_script_that_tries_a_wheel_names_commands_that_there_are() -> None:
    for line in (ROOT / "deploy/try-wheel.sh").read_text().splitlines():
        if line.startswith("acct ") and "--version" not in line and "--help" not in line:
            assert parses(shlex.split(line.partition(">")[0])[1:])
