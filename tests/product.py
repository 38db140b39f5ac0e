"""The product as processes: `flylive serve`, `gateway` and `worker` over one database."""

import asyncio
import itertools
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.conftest import Addresses

FLYLIVE = str(Path(sys.executable).with_name("flylive"))
READY_SECONDS = 120


_PORTS = itertools.count(os.getpid())


def free_port() -> int:
    """A port of the loopback that nobody uses, and that nobody is likely to take before us.

    Each worker of a run has its own thousand, below the ports that the system gives away.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = 20_000 + worker % 12 * 1_000 + next(_PORTS) % 1_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Product:
    """Running processes; each can be killed and started again on its own port."""

    def __init__(self, addresses: Addresses, logs: Path, *names: str) -> None:
        self.names = names or ("serve", "gateway", "worker")
        self.logs = logs
        self.port, self.gateway_port = free_port(), free_port()
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FLYLIVE_")
        } | {
            "DATABASE_URL": addresses.serving,
            "FLYLIVE_OWNER_DATABASE_URL": addresses.owner,
            "FLYLIVE_DATA": str(logs / "data"),
            "FLYLIVE_ENV": "development",
            "FLYLIVE_LOG_LEVEL": "warning",
            "FLYLIVE_HOST": "127.0.0.1",
            "FLYLIVE_PORT": str(self.port),
            "FLYLIVE_GATEWAY_PORT": str(self.gateway_port),
        }
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    @property
    def address(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, name: str) -> None:
        """Start one process and wait until it answers."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                FLYLIVE, name, env=self.environment, stdout=log, stderr=log
            )
        port = {"serve": self.port, "gateway": self.gateway_port}.get(name)
        if port is not None:
            await self._answers(name, port, "/readyz" if name == "serve" else "/healthz")

    async def _answers(self, name: str, port: int, path: str) -> None:
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as client:
            while True:
                if self.processes[name].returncode is not None:
                    raise AssertionError((self.logs / f"{name}.log").read_text())
                try:
                    if (await client.get(f"http://127.0.0.1:{port}{path}")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.05)

    async def kill(self, name: str) -> None:
        """kill -9."""
        process = self.processes[name]
        process.kill()
        await process.wait()

    async def stop(self, name: str) -> int:
        """SIGTERM, then wait; its exit code."""
        process = self.processes[name]
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await process.wait()

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(self.start(name) for name in self.names))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.terminate()
        for process in self.processes.values():
            try:
                await asyncio.wait_for(process.wait(), 60)
            except TimeoutError:
                process.kill()
                await process.wait()
