"""What tests of streams stand on."""

from collections.abc import Iterator

import pytest

from flylive.database import Database
from tests.conftest import Addresses
from tests.realtime.cast import Cast


@pytest.fixture(scope="module")
def cast(database: Database, addresses: Addresses) -> Iterator[Cast]:
    """People and rooms on this module's database."""
    cast = Cast(database, addresses.owner)
    yield cast
    cast.close()
