"""The platform with its played providers, over connections that a fault may break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flylive.config import Settings
from flylive.database import Database
from tests.conftest import Addresses
from tests.wallet.machine.faults import Fault
from tests.wallet.machine.model import MAX_PENDING
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.wallet.recharge.fakes.together import provider_settings


@pytest.fixture(scope="module")
def fault(addresses: Addresses) -> Iterator[Fault]:
    """Every database that is made while it is there can break."""
    fault = Fault(addresses.superuser)
    with pytest.MonkeyPatch.context() as patched:
        connect = Database.connect
        patched.setattr(Database, "connect", fault.connecting(connect))
        yield fault


@pytest.fixture(scope="module")
def settings(
    settings: Settings,
    fault: Fault,
    stripe: PlayedStripe,
    google: PlayedGooglePlay,
    apple: PlayedAppStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """With every provider set up; `fault` must be there before any connection."""
    root = Path(tmp_path_factory.mktemp("apple"), "root.cer")
    given = provider_settings(stripe, google, apple, root) | {"pending_coin_requests": MAX_PENDING}
    return Settings.model_validate(settings.model_dump() | given)
