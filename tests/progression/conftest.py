"""The levels are read anew for each gift: tests change them and give in the same second."""

from collections.abc import Iterator

import pytest

from flylive.progression import levels


@pytest.fixture(scope="module", autouse=True)
def fresh_levels() -> Iterator[None]:
    """Keep no levels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "CATALOGUE_SECONDS", 0.0)
        yield
