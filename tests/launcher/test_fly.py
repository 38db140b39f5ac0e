"""`fly.py` itself: what it asks of a machine, what it hands to uv, what it says when it fails."""

import argparse
import ast
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "fly.py").read_text("utf-8")


@pytest.fixture
def fly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, with a folder of its own to install into."""
    spec = importlib.util.spec_from_file_location("fly_under_test", ROOT / "fly.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    paths = {
        "ROOT": tmp_path,
        "BOOT": tmp_path / ".boot",
        "VENV": tmp_path / ".venv",
        "PYTHON": tmp_path / ".venv" / "bin" / "python",
        "STAMP": tmp_path / ".venv" / "flylive-stamp",
        "INCOMPLETE": tmp_path / ".boot" / "incomplete",
        "LOCKS": {
            "run": tmp_path / "requirements.lock",
            "dev": tmp_path / "requirements-dev.lock",
        },
    }
    for name, path in paths.items():
        monkeypatch.setattr(module, name, path)
    return module


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(SOURCE)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        alias.name.partition(".")[0]
        for node in imports
        for alias in (
            node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")]
        )
    }
    assert names <= sys.stdlib_module_names


def test_an_older_python_can_read_far_enough_to_be_told() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    kinds = [type(node) for node in tree.body[:3]]
    assert kinds == [ast.Expr, ast.Import, ast.If]
    assert "Python 3.11 or newer is needed" in ast.unparse(tree.body[2])


def test_arguments_for_pytest_are_handed_on(fly: ModuleType) -> None:
    arguments = fly.parse(["test", "-k", "seat", "--long", "tests/rooms", "-x"])
    assert arguments == argparse.Namespace(
        command=fly.test, long=True, rest=["-k", "seat", "tests/rooms", "-x"]
    )
    assert fly.parse(["exec", "ruff", "check", "--fix"]).rest == ["ruff", "check", "--fix"]


def test_options_of_up(fly: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "GATEWAY_PORT", "DATA"):
        monkeypatch.delenv(f"FLYLIVE_{name}", raising=False)
    usual = vars(fly.parse(["up"]))
    assert usual == {
        "command": fly.up,
        "host": "127.0.0.1",
        "port": 8000,
        "gateway_port": 8001,
        "data": fly.ROOT / ".flylive",
        "demo": None,
        "workers": 1,
    }
    monkeypatch.setenv("FLYLIVE_PORT", "9000")
    changed = fly.parse(["up", "--no-demo", "--workers", "3"])
    assert (changed.port, changed.demo, changed.workers) == (9000, False, 3)


def test_pips_settings_become_uvs(
    fly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = tmp_path / "pip"
    pip.write_text(
        "#!/bin/sh\ncat <<'END'\n"
        ":env:.index-url='https://mirror.example/simple'\n"
        "global.index-url='https://user:secret@old.example/simple'\n"
        "global.extra-index-url='https://a.example/x\\nhttps://b.example/y'\n"
        "global.find-links='/wheels /more'\n"
        "global.timeout='60'\n"
        "END\n"
    )
    pip.chmod(0o700)
    monkeypatch.setattr(fly, "BASE", str(pip))
    assert fly.pip_sources() == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/x https://b.example/y",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_cache_without_a_home(
    fly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/proc/nowhere")
    assert not fly.cache_is_usable()
    assert fly.Uv(tmp_path).environment["UV_CACHE_DIR"] == str(fly.BOOT / "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fly.cache_is_usable()


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("No module named pip", "apt install python3-pip"),
        ("cause: No space left on device (os error 28)", "no disk space left"),
        ("Temporary failure in name resolution", "no network"),
        ("Could not find a version that satisfies uv (from versions: none)", "no network"),
        ("something else", "failed"),
    ],
)
def test_failures_say_what_to_do(fly: ModuleType, words: str, advice: str) -> None:
    with pytest.raises(fly.Refusal) as caught:
        fly.run([sys.executable, "-c", f"raise SystemExit({words!r})"], os.environ)
    first, _, last = str(caught.value).rpartition("fly: ")
    assert words in first
    assert advice in last


def test_environment_is_made_anew_when_what_it_follows_from_changes(fly: ModuleType) -> None:
    fly.BOOT.mkdir()
    fly.PYTHON.parent.mkdir(parents=True)
    fly.PYTHON.symlink_to(sys.executable)
    (fly.VENV / "pyvenv.cfg").write_text("version_info = 3.11.2\n")
    assert not fly.environment_is_ready("run")
    fly.STAMP.write_text(fly.fingerprint("dev"))
    assert fly.environment_is_ready("dev")
    assert fly.environment_is_ready("run"), "dev contains all of run"
    fly.STAMP.write_text(fly.fingerprint("run"))
    assert fly.environment_is_ready("run")
    assert not fly.environment_is_ready("dev")
    fly.INCOMPLETE.touch()
    assert not fly.environment_is_ready("run"), "it was interrupted"
    fly.INCOMPLETE.unlink()
    with fly.LOCKS["run"].open("a") as lock:
        lock.write("another==1.0\n")
    assert not fly.environment_is_ready("run")


def test_lock_lasts_as_long_as_what_a_killed_bootstrap_started(fly: ModuleType) -> None:
    with fly.bootstrap_lock():
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False)
    with (fly.BOOT / "lock").open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        child.communicate()
        fcntl.flock(file, fcntl.LOCK_EX)


def test_full_disk_is_refused(fly: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fly, "NEEDED_BYTES", 1 << 62)
    with pytest.raises(fly.Refusal, match="no disk space"):
        fly.ensure_environment("run")
    assert not fly.VENV.exists()


def test_a_command_s_output_is_its_own(
    fly: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def ensure_environment(level: str) -> bool:
        fly.say("packages", f"installed for {level}")
        return False

    def become(program: str, arguments: list[str]) -> None:
        subprocess.run(arguments, check=True)
        raise SystemExit(0)

    monkeypatch.setattr(fly, "ensure_environment", ensure_environment)
    monkeypatch.setattr(fly, "VENV", Path(os.path.realpath(sys.prefix)))
    monkeypatch.setattr(os, "execvp", become)
    for name in ("PATH", "VIRTUAL_ENV", "FLYLIVE_DATA"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with pytest.raises(SystemExit):
        fly.execute(fly.parse(["exec", "echo", "--dsn"]))
    printed = capfd.readouterr()
    assert printed.out == "--dsn\n"
    assert "packages     installed" in printed.err


@pytest.mark.skipif("FLYLIVE_TEST_LONG" not in os.environ, reason="downloads all packages")
def test_from_nothing_to_a_command(tmp_path: Path) -> None:
    for name in ("fly.py", "pyproject.toml", "README.md", *map(str, ROOT.glob("*.lock"))):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src")
    environment = {name: os.environ[name] for name in os.environ if name != "VIRTUAL_ENV"}
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "fly.py", "exec", "flylive", "config"]
    printed = []
    for words in ("packages     installed", ""):
        answer = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert words in answer.stderr
        printed.append(answer.stdout)
    assert printed[0] == printed[1]
