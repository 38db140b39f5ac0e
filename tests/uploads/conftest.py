"""What is stored, so that a refusal can be shown to keep nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from flylive.config import Settings
from tests.world import Person, World


@pytest.fixture(scope="module")
async def person(world: World) -> Person:
    """Somebody for what leaves no trace; at most 200 uploads a day."""
    return await world.register()


@pytest.fixture
def kept(world: World, settings: Settings) -> Callable[[], Any]:
    """Every upload's row, and every file in the folder."""

    def picture() -> Any:
        folder = settings.data / "uploads"
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        return files, world.sql("SELECT to_jsonb(u) FROM uploads u ORDER BY id")

    return picture
