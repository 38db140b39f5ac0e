"""The supervisor: children are restarted, given up, and never left behind."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from flylive.launcher.errors import LauncherError
from flylive.launcher.supervisor import STOP_SECONDS
from flylive.launcher.up import Options, Up
from tests.launcher.processes import PATIENCE_SECONDS, Script, all_gone, wait_for
from tests.product import free_port


def pids(script: Script, name: str) -> list[int]:
    """The pids that the stand-in of that name prints when it starts."""
    line = script.line(f"{name:<8} | pids")
    return [int(word) for word in line.rpartition("pids")[2].split()]


def test_everything_ends_with_ctrl_c() -> None:
    with Script("supervise.py", "usual") as script:
        everyone = pids(script, "worker")
        script.line("all ready")
        script.process.send_signal(signal.SIGINT)
        script.line("everything ended")
        assert script.process.wait(PATIENCE_SECONDS) == 0
        assert all_gone(everyone)


def test_everything_ends_with_a_killed_supervisor() -> None:
    with Script("supervise.py", "usual") as script:
        worker, _ = pids(script, "worker")
        script.line("all ready")
        script.process.kill()
        wait_for(lambda: all_gone([worker]))
        port = int(script.lines[0].split()[1])
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) != 0)


def test_killed_child_is_back_quickly() -> None:
    with Script("supervise.py", "usual") as script:
        port = int(script.line("port").split()[1])
        [api] = pids(script, "api")
        script.line("all ready")
        took = []
        for _ in range(3):
            begin = time.monotonic()
            os.kill(api, signal.SIGKILL)
            script.line("ended with SIGKILL; starting it again")
            [again] = pids(script, "api")
            assert again != api
            wait_for(lambda: listens(port))
            took.append(time.monotonic() - begin)
            if took[-1] < 5:  # seconds on a busy machine; alone 0.3
                break
            api = again
        assert took[-1] < 5, took


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_child_of_a_killed_child_is_ended() -> None:
    with Script("supervise.py", "usual") as script:
        worker, its_child = pids(script, "worker")
        os.kill(worker, signal.SIGKILL)
        script.line("worker   | ended with SIGKILL")
        wait_for(lambda: all_gone([its_child]))


def test_what_cannot_run_is_given_up() -> None:
    with Script("supervise.py", "hopeless") as script:
        script.line("no luck")
        script.line("hopeless ended 5 times in 30 s (status 3)")
        assert script.process.wait(PATIENCE_SECONDS) == 1


def test_what_is_not_essential_is_done_without() -> None:
    with Script("supervise.py", "usual") as script:
        everyone = pids(script, "worker")
        script.line("guests   | ended 5 times in 30 s (status 1); going on without it")
        assert not all_gone(everyone)


def test_second_signal_does_not_wait() -> None:
    with Script("supervise.py", "stubborn") as script:
        [stubborn] = pids(script, "stubborn")
        script.process.send_signal(signal.SIGTERM)
        script.line("stopping")
        time.sleep(0.3)
        assert not all_gone([stubborn])
        script.process.send_signal(signal.SIGTERM)
        # Sooner than it would have waited after one.
        script.line("everything ended", seconds=STOP_SECONDS - 1)
        assert all_gone([stubborn])


def test_killed_database_is_started_again(tmp_path: Path) -> None:
    with Script("supervise.py", "usual", tmp_path) as script:
        _, pid, url = script.line("database").split()
        script.line("all ready")
        os.kill(int(pid), signal.SIGKILL)
        script.line("database | ready again")
        assert url
        script.process.send_signal(signal.SIGINT)
        script.line("everything ended")
    assert (tmp_path / "lock").read_text() == ""


def test_used_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = Options(data=tmp_path / "data", port=free_port(), gateway_port=port)
        with pytest.raises(LauncherError, match=f"port {port} on 127.0.0.1 is in use.*--gateway"):
            Up(options).run()
    assert not (tmp_path / "data" / "postgres").exists()
