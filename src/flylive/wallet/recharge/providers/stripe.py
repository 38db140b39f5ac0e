"""Stripe Checkout, by its official SDK: https://docs.stripe.com/payments/checkout.

An order is one Checkout Session, made under an idempotency key of the order's, so that asking
again gives the same one. What holds is read from the session, its payment's last charge and the
disputes about it; events only say that there is something new to read. What is disputed counts
as given back while Stripe holds it back, and as ours again once we have won.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import httpx
import stripe
import structlog
from sqlalchemy import Row
from stripe.checkout import Session

from flylive.config import Settings
from flylive.errors import Unauthenticated, Unavailable
from flylive.wallet.recharge.errors import ProviderUnavailable
from flylive.wallet.recharge.providers import AWAY_SECONDS, Heard, Opened, Refunded, RefundRefused
from flylive.wallet.recharge.rules import Standing, minor_units
from flylive.wallet.recharge.schemas import ConfirmOrder

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
BINDING = "flylive_order"
"""The metadata of session, payment and charge that carries our name for the order."""
_LOST = frozenset({"needs_response", "under_review", "lost"})
"""Disputes whose sum Stripe has taken from us; inquiries (``warning_…``) take nothing."""
_SESSIONS = "checkout.session."
_PAYMENTS = (
    "charge.refunded",
    "charge.refund.",
    "refund.",
    "charge.dispute.",
)
_SHOWN = frozenset(
    {
        *("id", "object", "status", "payment_status", "amount", "amount_total", "created"),
        *("amount_refunded", "currency", "payment_intent", "charge", "reason", "disputed"),
    }
)
"""What is kept of an event's object: no names, addresses or means of payment."""


class StripeCheckout:
    """Stripe, as :class:`flylive.wallet.recharge.providers.Provider`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.stripe_secret_key is not None
        assert settings.stripe_webhook_secret is not None
        assert settings.stripe_success_url is not None
        assert settings.stripe_cancel_url is not None
        self._success_url = settings.stripe_success_url
        self._cancel_url = settings.stripe_cancel_url
        self._webhook_secret = settings.stripe_webhook_secret.get_secret_value()
        self._http = _Http()
        self._client = stripe.StripeClient(
            settings.stripe_secret_key.get_secret_value(),
            base_addresses={"api": settings.stripe_api_url},
            max_network_retries=1,
            http_client=self._http,
        )

    async def open(self, order: Row[Any]) -> Opened:
        """The order's Checkout Session. Raises Unavailable, ProviderUnavailable."""
        metadata = {BINDING: str(order.binding)}
        try:
            amount = minor_units(order.price, order.currency)
        except ValueError as error:
            raise ProviderUnavailable(str(error)) from error
        async with _answers():
            try:
                session = await self._client.v1.checkout.sessions.create_async(
                    {
                        "mode": "payment",
                        "client_reference_id": str(order.id),
                        "metadata": metadata,
                        "payment_intent_data": {"metadata": metadata},
                        "line_items": [
                            {
                                "quantity": 1,
                                "price_data": {
                                    "currency": order.currency.lower(),
                                    "unit_amount": amount,
                                    "product_data": {
                                        "name": f"{order.coin_amount + order.bonus_coins} coins"
                                    },
                                },
                            }
                        ],
                        "success_url": self._success_url,
                        "cancel_url": self._cancel_url,
                    },
                    {"idempotency_key": f"flylive-order-{order.binding}"},
                )
            except stripe.InvalidRequestError as error:
                log.error("recharge.stripe_refused", code=error.code, parameter=error.param)
                raise ProviderUnavailable("Stripe does not take this price") from error
        assert session.url is not None, "a hosted session has an address"
        return Opened(session.id, session.url)

    def checkout(self, order: Row[Any]) -> dict[str, Any]:
        """Where to send the buyer."""
        return {"url": order.checkout_url}

    async def reference(self, order: Row[Any], proof: ConfirmOrder) -> str | None:
        """The order's own session: nothing that a client says could change that."""
        return None

    async def look(self, order: Row[Any], reference: str) -> Standing:
        """How the session stands now."""
        async with _answers():
            try:
                session = await self._client.v1.checkout.sessions.retrieve_async(
                    reference, {"expand": ["payment_intent.latest_charge"]}
                )
            except stripe.InvalidRequestError as error:
                fault = f"Stripe knows no such session: {error.code}"
                return Standing("open", reference, {}, fault=fault)
            taken_back = await self._taken_back(session)
        view = _view(session)
        status = _status(session)
        if status != "paid":
            return Standing(status, reference, view)
        view["taken_back"] = str(taken_back)
        return Standing("paid", reference, view, taken_back, _find_fault(order, session))

    async def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """An event, by Stripe's signature and not older than five minutes."""
        try:
            event = self._client.construct_event(
                body, headers.get("stripe-signature"), self._webhook_secret
            )
            subject: dict[str, Any] = event.data.object.to_dict()
            metadata = subject.get("metadata") or {}
            is_session = event.type.startswith(_SESSIONS)
            return Heard(
                event.id,
                event.type,
                {name: _plain(subject[name]) for name in _SHOWN if name in subject},
                binding=metadata.get(BINDING),
                reference=subject["id"] if is_session else None,
                is_relevant=is_session or event.type.startswith(_PAYMENTS),
            )
        except (stripe.SignatureVerificationError, ValueError, LookupError, AttributeError) as no:
            raise Unauthenticated("The message is not signed by Stripe") from no

    async def locate(self, heard: Heard) -> str | None:
        """By the payment that a refund or dispute is about."""
        payment = heard.payload.get("payment_intent")
        if not isinstance(payment, str):
            return None
        async with _answers():
            try:
                found = await self._client.v1.payment_intents.retrieve_async(payment)
            except stripe.InvalidRequestError:
                return None
        binding: str | None = found.metadata.to_dict().get(BINDING)
        return binding

    async def finish(self, order: Row[Any]) -> None:
        """Stripe does not ask whether anything was delivered."""

    async def refund(self, order: Row[Any], key: str) -> Refunded:
        """What is left of the session's payment goes back to the means it was paid with."""
        async with _answers():
            try:
                session = await self._client.v1.checkout.sessions.retrieve_async(
                    order.provider_reference
                )
                payment = _plain(session.payment_intent)
                if not isinstance(payment, str):
                    raise RefundRefused("nothing was paid at Stripe")
                refund = await self._client.v1.refunds.create_async(
                    {
                        "payment_intent": payment,
                        "reason": "requested_by_customer",
                        "metadata": {BINDING: str(order.binding)},
                    },
                    {"idempotency_key": key},
                )
            except stripe.InvalidRequestError as error:
                raise RefundRefused(f"Stripe: {error.code or error.user_message}") from error
        if refund.status in ("failed", "canceled"):
            raise RefundRefused(f"Stripe: the refund {refund.id} is {refund.status}")
        return Refunded(refund.id)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    async def _taken_back(self, session: Session) -> Fraction:
        """The share of the payment that its payer has back."""
        payment = session.payment_intent
        charge = payment.latest_charge if isinstance(payment, stripe.PaymentIntent) else None
        if not isinstance(charge, stripe.Charge) or not charge.amount:
            return Fraction(0)
        taken = charge.amount_refunded
        if charge.disputed:
            disputes = await self._client.v1.disputes.list_async(
                {"charge": charge.id, "limit": 100}
            )
            for dispute in disputes.data:
                if dispute.status in _LOST:
                    is_same = dispute.currency == charge.currency
                    taken += dispute.amount if is_same else charge.amount
        return min(Fraction(taken, charge.amount), Fraction(1))


def _status(session: Session) -> Any:
    """open, paid or failed."""
    if session.payment_status in ("paid", "no_payment_required"):
        return "paid"
    if session.status == "expired":
        return "failed"
    payment = session.payment_intent
    if session.status == "complete" and isinstance(payment, stripe.PaymentIntent):
        # Complete and unpaid: a slow payment, under way until its intent wants another means.
        is_over = payment.status in ("requires_payment_method", "canceled")
        return "failed" if is_over else "open"
    return "open"


def _find_fault(order: Row[Any], session: Session) -> str | None:
    """Why this session may not be credited to this order."""
    metadata = session.metadata.to_dict() if session.metadata is not None else {}
    if metadata.get(BINDING) != str(order.binding):
        return "the session is another order's"
    if (session.currency or "").upper() != order.currency:
        return f"paid in {session.currency}, ordered in {order.currency}"
    expected = minor_units(order.price, order.currency)
    if session.amount_total != expected:
        return f"paid {session.amount_total}, ordered {expected} (smallest units)"
    return None


def _view(session: Session) -> dict[str, object]:
    payment = session.payment_intent
    return {
        "session": session.id,
        "status": session.status,
        "payment_status": session.payment_status,
        "amount_total": session.amount_total,
        "currency": session.currency,
        "payment_intent": _plain(payment),
        "payment_intent_status": getattr(payment, "status", None),
    }


def _plain(value: object) -> object:
    """An expanded object by its id."""
    if isinstance(value, Mapping):
        return value.get("id")
    return getattr(value, "id", None) if isinstance(value, stripe.StripeObject) else value


class _Http(stripe.HTTPClient):
    """The SDK's way to ask, over httpx; its own hands the body over in a deprecated manner."""

    name = "httpx"

    def __init__(self) -> None:
        super().__init__()
        self._asker = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Between two tries."""
        return asyncio.sleep(secs)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Raises stripe.APIConnectionError."""
        try:
            answer = await self._asker.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            failure = stripe.APIConnectionError(repr(error), should_retry=True)  # type: ignore[no-untyped-call]
            raise failure from error
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Close the connections."""
        await self._asker.aclose()


@asynccontextmanager
async def _answers() -> AsyncIterator[None]:
    """Raises Unavailable where Stripe does not answer, or not as it should."""
    try:
        yield
    except stripe.StripeError as error:
        log.warning("recharge.stripe_away", error=type(error).__name__, code=error.code)
        raise Unavailable("Stripe does not answer", retry_after=AWAY_SECONDS) from error
