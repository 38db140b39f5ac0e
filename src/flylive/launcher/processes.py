"""Small questions to the system: who is alive, which port is free, who holds a lock."""

import contextlib
import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from flylive.launcher import child
from flylive.launcher.errors import DataInUse, LauncherError

SAME, NAMESPACE = "same", "namespace"


def guarded(command: Sequence[str], signal: int, identity: str = SAME) -> list[str]:
    """The command line that runs `command` so that it gets `signal` when we die.

    Start it from the main thread: the kernel watches the thread that started it.
    """
    script = [sys.executable, "-I", "-S", child.__file__]
    return [*script, str(os.getpid()), str(int(signal)), identity, *command]


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not yet reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists()
    return state not in "ZX"


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait at most so long for the process to end; whether it did."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on right now."""
    with socket.create_server((host, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; LauncherError for a host that is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as server:
            # What servers do: connections of the last run that linger do not count.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise LauncherError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


class Lock:
    """An exclusive hold on a file, which the kernel lets go when we die.

    The file names the holder; a name left behind tells the next one that the last did
    not end properly (`was_abandoned`).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.was_abandoned = False
        self._file: IO[str] | None = None

    def acquire(self, patience_seconds: float = 1.0) -> None:
        """Take it; DataInUse names the holder."""
        file = self.path.open("a+", encoding="utf-8")
        self.path.chmod(0o600)
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.seek(0)
                    holder = file.read().strip() or "an unnamed process"
                    file.close()
                    raise DataInUse(
                        f"{self.path.parent} is in use by {holder}; stop that first, "
                        "or choose another folder with --data"
                    ) from None
                time.sleep(0.05)
        file.seek(0)
        self.was_abandoned = bool(file.read())
        file.truncate(0)
        name = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        file.write(f"process {os.getpid()} ({name})")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go; nothing happens when it is not held."""
        if self._file:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    @classmethod
    def is_held(cls, path: Path) -> bool:
        """Whether any process holds it now."""
        try:
            with path.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


@contextlib.contextmanager
def shared_hold(path: Path) -> Iterator[IO[str]]:
    """Hold a file together with others; `fcntl.flock` LOCK_EX on it waits for the others."""
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file
