"""What recharge does without a request."""

from datetime import datetime, timedelta

from flylive.clock import now
from flylive.database import Database
from flylive.wallet.recharge import webhooks
from flylive.wallet.recharge.providers import Providers

OVERLAP = timedelta(days=1)
"""How far each look at voided purchases reaches back into the one before."""


class VoidedPurchases:
    """Asks Google Play which purchases were given back: its notifications may be lost.

    After a start all that Google still lists is read, 30 days; each is dealt with once.
    """

    def __init__(self, database: Database, providers: Providers) -> None:
        self._database = database
        self._provider = providers.find("google_play")
        self._since: datetime | None = None

    async def poll(self) -> int:
        """Deal with what was voided since the last time; how many. Raises Unavailable."""
        if self._provider is None:
            return 0
        from flylive.wallet.recharge.providers.google_play import VOIDED_DAYS, GooglePlay

        assert isinstance(self._provider, GooglePlay)
        began, count = now(), 0
        since = self._since or began - timedelta(days=VOIDED_DAYS)
        async for heard in self._provider.voided(since):
            await webhooks.deal_with(self._database, self._provider, "google_play", heard)
            count += 1
        self._since = began - OVERLAP
        return count
