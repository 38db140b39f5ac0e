"""What resellers and who asks them hear on their own streams."""

from flylive.realtime import Event
from flylive.resellers.schemas import CoinRequestView


class CoinRequestUpdated(Event, tag="coin_request.updated", kw_only=True, frozen=True):
    """A request was made, decided, cancelled or settled: put it in, by `id`."""

    request: CoinRequestView
