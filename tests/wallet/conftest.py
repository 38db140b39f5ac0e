"""Payment providers, played; who wants them set up says so in his settings."""

from collections.abc import AsyncIterator

import pytest

from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe


@pytest.fixture(scope="module")
async def stripe() -> AsyncIterator[PlayedStripe]:
    """Stripe, played."""
    played = PlayedStripe()
    await played.start()
    yield played
    await played.stop()


@pytest.fixture(scope="module")
async def google() -> AsyncIterator[PlayedGooglePlay]:
    """Google Play, played."""
    played = PlayedGooglePlay()
    await played.start()
    yield played
    await played.stop()


@pytest.fixture(scope="module")
async def apple() -> AsyncIterator[PlayedAppStore]:
    """The App Store, played."""
    played = PlayedAppStore()
    await played.start()
    yield played
    await played.stop()
