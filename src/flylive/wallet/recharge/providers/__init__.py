"""Payment providers: each behind one small protocol, imported only where it is set up.

Their SDKs take up to a second to import, so a platform without them does not.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Row

from flylive.config import Settings
from flylive.wallet.recharge.errors import ProviderUnavailable
from flylive.wallet.recharge.rules import Standing
from flylive.wallet.recharge.schemas import ConfirmOrder

AWAY_SECONDS = 15
"""When to try again after a provider did not answer."""


class Opened(NamedTuple):
    """A payment that waits for its payer at the provider."""

    reference: str
    url: str


class Heard(NamedTuple):
    """A message that its provider signed.

    `event_id` is unique at the provider. What the message is about is told by `binding` (our
    name for the order) or by `reference` (theirs for the payment), whichever it carries;
    `product_id` goes with a purchase token. `payload` holds neither secrets nor personal data.
    `is_relevant`: whether it is about a payment at all. `standing`, where set, is what the
    message itself proves and cannot be asked for.
    """

    event_id: str
    kind: str
    payload: dict[str, Any]
    binding: str | None = None
    reference: str | None = None
    product_id: str | None = None
    is_relevant: bool = True
    standing: Standing | None = None


class Refunded(NamedTuple):
    """What a provider answered to a refund: its name there, and how the payment stands by it.

    `standing` None: the payment is to be looked at.
    """

    reference: str | None
    standing: Standing | None = None


class RefundRefused(Exception):
    """The provider gives nothing back; its words say why."""


class Provider(Protocol):
    """A payment provider. Every method that asks it raises Unavailable where it does not answer."""

    async def open(self, order: Row[Any]) -> Opened | None:
        """Make the payment for an order, the same one however often; None if the app does."""

    def checkout(self, order: Row[Any]) -> dict[str, Any]:
        """What a client needs to pay the order."""

    async def reference(self, order: Row[Any], proof: ConfirmOrder) -> str | None:
        """Which payment a client says has paid the order.

        Raises InvalidRequest, PurchaseMismatch.
        """

    async def look(self, order: Row[Any], reference: str) -> Standing:
        """How the payment stands now, held against the order."""

    async def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """A message that the provider signed. Raises Unauthenticated for any other."""

    async def locate(self, heard: Heard) -> str | None:
        """The order's binding, asked of the provider, where the message does not carry it."""

    async def finish(self, order: Row[Any]) -> None:
        """Tell the provider that a paid order was delivered, where it wants to know."""

    async def refund(self, order: Row[Any], key: str) -> Refunded:
        """Give the payer back what is left of an order's payment, once however often with a key.

        Raises RefundRefused.
        """

    async def close(self) -> None:
        """Close the connections to the provider."""


def product_column(provider: str) -> str | None:
    """The column of ``recharge_packages`` that names a package at the provider, if it has one."""
    return {"google_play": "google_product_id", "app_store": "apple_product_id"}.get(provider)


class Providers:
    """The providers that are set up."""

    def __init__(self, settings: Settings) -> None:
        self._providers: dict[str, Provider] = {}
        if settings.stripe_secret_key is not None:
            from flylive.wallet.recharge.providers.stripe import StripeCheckout

            self._providers["stripe"] = StripeCheckout(settings)
        if settings.google_play_package_name is not None:
            from flylive.wallet.recharge.providers.google_play import GooglePlay

            self._providers["google_play"] = GooglePlay(settings)
        if settings.app_store_bundle_id is not None:
            from flylive.wallet.recharge.providers.app_store import AppStore

            self._providers["app_store"] = AppStore(settings)

    def find(self, name: str) -> Provider | None:
        """The provider of this name, if it is set up."""
        return self._providers.get(name)

    def get(self, name: str) -> Provider:
        """The provider of this name. Raises ProviderUnavailable."""
        provider = self._providers.get(name)
        if provider is None:
            raise ProviderUnavailable(f"{name} is not set up on this platform")
        return provider

    def checkout(self, order: Row[Any]) -> dict[str, Any]:
        """How to pay an order, as clients are told; what its provider adds, where it is set up."""
        said: dict[str, Any] = {"provider": order.provider}
        if order.provider == "sandbox":
            return said | {"url": f"/v1/recharge/orders/{order.id}/sandbox"}
        provider = self._providers.get(order.provider)
        return said | (provider.checkout(order) if provider is not None else {})

    async def close(self) -> None:
        """Close the connections to all of them."""
        for provider in self._providers.values():
            await provider.close()
