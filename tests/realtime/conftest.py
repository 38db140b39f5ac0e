"""What tests of streams stand on."""

import pytest

from flylive.database import Database
from tests.conftest import Addresses
from tests.realtime.cast import Cast


@pytest.fixture(scope="module")
def cast(database: Database, addresses: Addresses) -> Cast:
    """People and rooms on this module's database."""
    return Cast(database, addresses.owner)
