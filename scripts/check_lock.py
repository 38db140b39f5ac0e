"""Hold the lock files against pyproject.toml, or write them anew.

    python3 fly.py exec python scripts/check_lock.py            are they what pyproject asks for?
    python3 fly.py exec python scripts/check_lock.py --write    lock what was added, keep the rest
    python3 fly.py exec python scripts/check_lock.py --upgrade  lock the newest of everything

Every package is pinned and hashed, and no line holds an address. Without a network the first
form checks just that, and says so. Exit 1 when something does not hold.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fly import Refusal, ensure_uv  # noqa: E402 - found through the line above

COMPILE = ["pip", "compile", "--universal", "--python-version", "3.11", "--quiet"]
COMPILE += ["-c", "constraints.txt"]
FORM = ["--generate-hashes", "--no-emit-index-url", "--no-header"]
# What each lock is made from; the last stands on the one before.
LOCKS = {
    "requirements-boot.lock": ["--group", "boot", "--no-annotate"],
    "requirements.lock": ["pyproject.toml", "--group", "build"],
    "requirements-dev.lock": [
        *("pyproject.toml", "--group", "dev", "--group", "build"),
        *("-c", "requirements.lock"),
    ],
}


def list_pins(lock: Path) -> list[str]:
    """The lines that pin a package: name, version, and where it is meant for."""
    return re.findall(r"^[a-z0-9].*?(?= \\?$)", lock.read_text("utf-8"), re.MULTILINE)


def find_faults(lock: Path) -> list[str]:
    """What is wrong with a lock in itself."""
    faults = []
    for number, line in enumerate(lock.read_text("utf-8").splitlines(), start=1):
        if "://" in line or line.startswith(("--index", "--extra", "--find", "-i ")):
            faults.append(f"{lock.name}:{number}: an address: {line.strip()}")
    for block in re.split(r"\n(?=[a-z0-9])", lock.read_text("utf-8").strip()):
        name = block.split(" ", 1)[0]
        if "==" not in name or "--hash=sha256:" not in block:
            faults.append(f"{lock.name}: {name} is not pinned with a hash")
    return faults


def compile_lock(name: str, output: Path, *extra: str) -> None:
    """Let uv write the lock there; versions that stand there already stay."""
    ensure_uv()(*COMPILE, *FORM, *LOCKS[name], *extra, "-o", output)


def find_changes(name: str) -> list[str]:
    """How the lock differs from what pyproject.toml asks for, its versions kept."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, name)
        shutil.copy(ROOT / name, copy)
        compile_lock(name, copy)
        now, asked = set(list_pins(ROOT / name)), set(list_pins(copy))
    return [f"{name}: not asked for: {pin}" for pin in sorted(now - asked)] + [
        f"{name}: missing: {pin}" for pin in sorted(asked - now)
    ]


def main() -> int:
    """Check or write; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the locks")
    parser.add_argument("--upgrade", action="store_true", help="write them, all versions newest")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if arguments.write or arguments.upgrade:
        for name in LOCKS:
            compile_lock(name, ROOT / name, *(["--upgrade"] if arguments.upgrade else []))
    problems = [fault for name in LOCKS for fault in find_faults(ROOT / name)]
    try:
        problems += [change for name in LOCKS for change in find_changes(name)]
    except Refusal as refusal:
        if "no network" not in str(refusal):
            raise
        print("lock: no network; only pins, hashes and addresses were checked")
    for problem in problems:
        print(f"lock: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
