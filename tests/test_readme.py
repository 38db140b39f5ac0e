"""The README's walk from registration to a gift, run as it stands, against the running product."""

import asyncio
import re
import sys
from pathlib import Path

import httpx

from flylive.database import Database
from tests.conftest import Addresses
from tests.product import Product
from tests.world import World

README = Path(__file__).resolve().parents[1] / "README.md"


async def test_the_walk_through(addresses: Addresses, tmp_path: Path) -> None:
    [script] = re.findall(r"```bash\n(.*?)```", README.read_text(), re.DOTALL)
    database = Database(addresses.serving)
    async with Product(addresses, tmp_path, "serve") as product, httpx.AsyncClient() as http:
        world = World(http, database, addresses.owner)
        world.package(1_000)
        world.gift("5.00")
        script = "set -eu\n" + script.replace("http://127.0.0.1:8000", product.address)
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            script,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        said = out.decode()
        assert process.returncode == 0, said + err.decode()
        assert "paid\n" in said
        assert "Guest\n" in said
        assert '"total_cost":"15.00"' in said
        assert said.endswith("985.00\ngift.sent\n")
    await database.close()
