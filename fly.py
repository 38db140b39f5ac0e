#!/usr/bin/env python3
"""FlyLive's commands: `up` runs everything, `test` tests it, `bench` measures it, `exec` opens it.

Needs Python 3.11 and pip, nothing else. What it installs goes into `.boot/` and `.venv/`
beside this file, what it stores into `.flylive/`.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before an older one stumbles
    sys.exit(f"fly: Python 3.11 or newer is needed, and this is {sys.version.split()[0]}")
if sys.platform == "win32":
    sys.exit("fly: on Windows, run this inside WSL")

import argparse
import ast
import fcntl
import hashlib
import importlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BOOT = ROOT / ".boot"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# The interpreter to install with, also when this runs inside the environment.
BASE = getattr(sys, "_base_executable", sys.executable)
STAMP = VENV / "flylive-stamp"
INCOMPLETE = BOOT / "incomplete"
BOOT_LOCK = ROOT / "requirements-boot.lock"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
RUN_COMMANDS = ("flylive", "alembic")
NEEDED_BYTES = 700 << 20

# What pip may be told about where packages come from, and uv's names for it.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
    "cert": "SSL_CERT_FILE",
}
# Last words of pip and uv, in lower case, and what a person can do about them.
ADVICE = {
    ("no module named pip",): f"pip is missing for {BASE}: on Debian `apt install python3-pip`, "
    "elsewhere `python3 -m ensurepip`",
    ("no space left", "os error 28", "errno 28"): f"no disk space left on the disk of {ROOT}",
    (
        "name resolution",
        "dns error",
        "not known",
        "from versions: none",
        "newconnectionerror",
        "error sending request",
        "failed to fetch",
        "connection refused",
        "network is unreachable",
        "timed out",
        "proxyerror",
    ): "no network: the package index cannot be reached (pip's settings hold here too)",
}


class Refusal(Exception):
    """The command cannot go on; the message says what to do."""


# The environment ----------------------------------------------------------------------


def enter_environment(level: str) -> None:
    """Go on inside `.venv`, as the same process, so that signals and exits stay simple."""
    try:
        changed = ensure_environment(level)
    except OSError as error:
        raise Refusal(f"cannot install into {ROOT}: {error}") from error
    os.environ["PATH"] = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.environ["VIRTUAL_ENV"] = str(VENV)
    # Without kept bytecode each process takes a second longer to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("FLYLIVE_DATA", str(ROOT / ".flylive"))
    if changed or os.path.realpath(sys.prefix) != str(VENV):
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "fly.py"), *sys.argv[1:]])


def ensure_environment(level: str) -> bool:
    """Make `.venv` what the lock says (`dev` contains all of `run`); whether that took anything."""
    if environment_is_ready(level):
        return False
    with bootstrap_lock():
        if environment_is_ready(level):
            return True
        free = shutil.disk_usage(ROOT).free
        if not STAMP.exists() and free < NEEDED_BYTES:
            raise Refusal(
                f"no disk space: {free >> 20} MiB are free on the disk of {ROOT}, "
                f"and the environment needs about {NEEDED_BYTES >> 20}"
            )
        uv = ensure_uv()
        if INCOMPLETE.exists():
            say("environment", "the last installation was interrupted; making it afresh")
        if INCOMPLETE.exists() or not starts(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
        INCOMPLETE.touch()
        STAMP.unlink(missing_ok=True)
        if not PYTHON.exists():
            with step("environment", f"made with Python {sys.version.split()[0]}"):
                uv("venv", "--clear", "--no-project", "--python", BASE, VENV)
        say("packages", f"installing from {LOCKS[level].name}")
        with step("packages", "installed"):
            uv("pip", "sync", "--python", PYTHON, "--require-hashes", LOCKS[level])
            ours = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
            uv("pip", "install", "--python", PYTHON, *ours)
        STAMP.write_text(fingerprint(level), encoding="utf-8")
        INCOMPLETE.unlink()
        return True


def environment_is_ready(level: str) -> bool:
    """Whether what was installed last is what the lock, or its superset, says now."""
    try:
        stamp = STAMP.read_text(encoding="utf-8")
        return not INCOMPLETE.exists() and stamp in (fingerprint(level), fingerprint("dev"))
    except OSError:
        return False


def fingerprint(level: str) -> str:
    """A hash of all that the environment follows from, the place of this folder included."""
    files = [VENV / "pyvenv.cfg", LOCKS[level], ROOT / "pyproject.toml"]
    parts = [str(ROOT), os.path.realpath(PYTHON), *(path.read_text("utf-8") for path in files)]
    return f"{level} {hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


def starts(python: Path) -> bool:
    """Whether that interpreter is there and starts; its own files may have been moved away."""
    try:
        return subprocess.run([python, "-I", "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


class Uv:
    """Runs uv with pip's sources, the system's certificates and a cache it can write to."""

    def __init__(self, program: Path) -> None:
        self.program = program
        defaults = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
        if not cache_is_usable():
            defaults["UV_CACHE_DIR"] = str(BOOT / "cache")
        self.environment = defaults | pip_sources() | os.environ

    def __call__(self, *arguments: object) -> None:
        """Run one of its commands; Refusal with its words when it fails."""
        run([self.program, *arguments], self.environment)


def ensure_uv() -> Uv:
    """uv in the version of its own small lock, fetched by pip when it is not there."""
    version = hashlib.sha256(BOOT_LOCK.read_bytes()).hexdigest()[:12]
    home = BOOT / f"uv-{version}"
    if not home.exists():
        draft = BOOT / "uv.new"
        shutil.rmtree(draft, ignore_errors=True)
        pip = [BASE, "-m", "pip", "install", "--no-deps", "--require-hashes", "--target", draft]
        with step("uv", "fetched by pip"):
            run([*pip, "-r", BOOT_LOCK], {**os.environ, "PIP_USER": "0"})
        draft.rename(home)
    return Uv(home / "bin" / "uv")


def cache_is_usable() -> bool:
    """Whether uv can keep its cache where it would by itself; HOME may be unset or closed."""
    variable = os.environ.get
    home = Path(variable("XDG_CACHE_HOME") or "~/.cache")
    try:
        folder = Path(variable("UV_CACHE_DIR") or home.expanduser() / "uv")
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError):
        return False
    return True


def pip_sources() -> dict[str, str]:
    """Where pip was told to look, in uv's variables, since uv does not read pip's settings."""
    listing = subprocess.run([BASE, "-m", "pip", "config", "list"], capture_output=True, text=True)
    sources: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.stdout.splitlines():
            name, _, value = line.partition("=")
            variable = PIP_TO_UV.get(name.removeprefix(section))
            if name.startswith(section) and variable:
                words = str(ast.literal_eval(value)).split()
                sources[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(words)
    # As pip does: the locked version from whichever index has it; the hashes decide.
    return sources | ({"UV_INDEX_STRATEGY": "unsafe-best-match"} if "UV_INDEX" in sources else {})


def run(command: Sequence[object], environment: Mapping[str, str]) -> None:
    """Run a step of the bootstrap; its words only when it fails, with what to do about it."""
    answer = subprocess.run(
        [str(part) for part in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,
        text=True,
        errors="replace",
    )
    if answer.returncode != 0:
        words = answer.stdout.strip()[-3000:]
        for signs, advice in ADVICE.items():
            if any(sign in words.lower() for sign in signs):
                raise Refusal(f"{words}\n\nfly: {advice}")
        raise Refusal(f"{words}\n\nfly: `{' '.join(map(str, command[:4]))} …` failed")


@contextmanager
def bootstrap_lock() -> Iterator[None]:
    """One bootstrap at a time; the kernel lets go when we and the uv we started are gone."""
    BOOT.mkdir(exist_ok=True)
    with (BOOT / "lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("environment", "waiting for another fly.py that is installing")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(name: str, text: str) -> None:
    """Print a line of progress."""
    print(f"{name:<12} {text}", flush=True)


@contextmanager
def step(name: str, text: str) -> Iterator[None]:
    """Print what was done, with the seconds it took."""
    begin = time.monotonic()
    yield
    say(name, f"{text} ({time.monotonic() - begin:.1f} s)")


# The commands -------------------------------------------------------------------------


def up(arguments: argparse.Namespace) -> int:
    """Run everything until Ctrl-C."""
    enter_environment("run")
    from flylive.launcher.errors import LauncherError
    from flylive.launcher.up import Options, Up

    options = {name: value for name, value in vars(arguments).items() if name != "command"}
    try:
        Up(Options(**options)).run()
    except LauncherError as error:
        raise Refusal(str(error)) from error
    return 0


def test(arguments: argparse.Namespace) -> int:
    """Run the tests on a throwaway server, or FLYLIVE_TEST_SERVER_URL's; pytest's exit code."""
    enter_environment("dev")
    from flylive.launcher.errors import LauncherError
    from flylive.launcher.postgres import EmbeddedPostgres
    from flylive.launcher.processes import guarded

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    parallel = not any(part.startswith(("-n", "--numprocesses")) for part in arguments.rest)
    # By files: the tests of one share a database, and see what those before them left there.
    workers = ["-n", "2", "--dist", "loadfile"] if parallel else []
    command = [PYTHON, "-m", "pytest", *workers, *arguments.rest]
    command = guarded([str(part) for part in command], signal.SIGTERM)
    if arguments.long:
        os.environ["FLYLIVE_TEST_LONG"] = "1"
    if "FLYLIVE_TEST_SERVER_URL" in os.environ:
        return subprocess.run(command, cwd=ROOT).returncode
    folder = Path(tempfile.mkdtemp(prefix="flylive-test-"))
    try:
        begin = time.monotonic()
        with EmbeddedPostgres(folder, fast=True) as server:
            say("database", f"throwaway, in {folder} ({time.monotonic() - begin:.1f} s)")
            os.environ["FLYLIVE_TEST_SERVER_URL"] = server.superuser_url
            # Ctrl-C reaches pytest by itself; we wait for its report and then clean up.
            signal.signal(signal.SIGINT, lambda *_: None)
            return subprocess.run(command, cwd=ROOT).returncode
    except LauncherError as error:
        raise Refusal(str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bench(arguments: argparse.Namespace) -> int:
    """Run benchmarks, each the main() of benchmarks/NAME.py; without a name, list them."""
    known = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
    listing = "benchmarks: " + (", ".join(known) or "none yet")
    if unknown := set(arguments.names) - set(known):
        raise Refusal(f"no benchmark is called {', '.join(sorted(unknown))}; {listing}")
    if not arguments.names:
        print(listing)
        return 0
    enter_environment("dev")
    for name in arguments.names:
        with step("bench", name):
            importlib.import_module(f"benchmarks.{name}").main()
    return 0


def execute(arguments: argparse.Namespace) -> int:
    """Become a command inside the environment."""
    if not arguments.rest:
        raise Refusal("exec needs a command, such as `python3 fly.py exec flylive --help`")
    # What the command prints may be piped on: nothing of ours goes between.
    with redirect_stdout(sys.stderr):
        enter_environment("run" if arguments.rest[0] in RUN_COMMANDS else "dev")
    try:
        os.execvp(arguments.rest[0], arguments.rest)
    except OSError as error:
        raise Refusal(f"cannot run {arguments.rest[0]}: {error.strerror}") from error


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line; what follows `test` and `exec` is handed on as it is."""
    setting = os.environ.get
    parser = argparse.ArgumentParser(
        prog="fly.py", description=str(__doc__), formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("up", help="run everything until Ctrl-C")
    one.set_defaults(command=up)
    host, port, gateway_port, data = (
        setting("FLYLIVE_HOST", "127.0.0.1"),
        setting("FLYLIVE_PORT", "8000"),
        setting("FLYLIVE_GATEWAY_PORT", "8001"),
        setting("FLYLIVE_DATA", str(ROOT / ".flylive")),
    )
    one.add_argument("--host", default=host, help="address to listen on (%(default)s)")
    one.add_argument("--port", type=int, default=port, help="everything HTTP (%(default)s)")
    one.add_argument("--gateway-port", type=int, default=gateway_port, help="sockets (%(default)s)")
    one.add_argument("--data", type=Path, default=data, help="folder of the data (%(default)s)")
    demo = "demo world and simulated guests (default: with the embedded database, yes)"
    one.add_argument("--demo", action=argparse.BooleanOptionalAction, help=demo)
    one.add_argument("--workers", type=int, default=1, help="API processes (%(default)s)")

    one = commands.add_parser("test", help="run the tests on a throwaway database")
    one.add_argument("--long", action="store_true", help="with the tests that take minutes")
    one.add_argument("rest", nargs="*", metavar="…", help="anything for pytest")

    one = commands.add_parser("bench", help="run benchmarks; without a name, list them")
    one.set_defaults(command=bench)
    one.add_argument("names", nargs="*", metavar="NAME")

    one = commands.add_parser("exec", help="run a command inside the environment")
    one.set_defaults(command=execute)
    one.add_argument("rest", nargs=argparse.REMAINDER, metavar="COMMAND …")

    if argv[:1] == ["test"] and not {"-h", "--help"} & set(argv):
        rest = [part for part in argv[1:] if part != "--long"]
        return argparse.Namespace(command=test, long="--long" in argv, rest=rest)
    return parser.parse_args(argv)


def main() -> int:
    """Run the command; a refusal is one clear message and status 1."""
    try:
        arguments = parse(sys.argv[1:])
        code: int = arguments.command(arguments)
        return code
    except Refusal as error:
        print(f"fly: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads our output any more; what was started has been stopped.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("fly: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
