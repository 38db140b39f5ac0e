"""Google Play: one-time products by the Android Publisher API, its own shapes over HTTP.

- purchases.products: https://developers.google.com/android-publisher/api-ref/rest/v3/purchases.products
- voided purchases: …/purchases.voidedpurchases
- notifications: https://developer.android.com/google/play/billing/rtdn-reference
- the push's token: https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions

The app starts a purchase with the names that `checkout` gives; Google repeats them, so that a
purchase is bound to one order. It must be consumed within three days, or Google gives the money
back.
"""

import base64
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal
from urllib.parse import quote

import httpx
import msgspec
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from sqlalchemy import Row

from flylive import keys
from flylive.accounts.identities.keys import PublishedKeys
from flylive.clock import now
from flylive.config import Settings
from flylive.errors import InvalidRequest, Unauthenticated, Unavailable
from flylive.google import AuthError, ServiceAccount
from flylive.ids import sha256_hex
from flylive.wallet.recharge.providers import AWAY_SECONDS, Heard, Refunded, RefundRefused
from flylive.wallet.recharge.providers.google_shapes import (
    Claims,
    Header,
    Notification,
    ProductPurchase,
    Push,
    Refusal,
    VoidedPage,
    VoidedPurchase,
)
from flylive.wallet.recharge.rules import VOIDED_PURCHASE, Standing
from flylive.wallet.recharge.schemas import ConfirmOrder

log = structlog.get_logger(__name__)

SCOPE = "https://www.googleapis.com/auth/androidpublisher"
ISSUERS = frozenset({"accounts.google.com", "https://accounts.google.com"})
TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 60
VOIDED_DAYS = 30
"""How far back Google lists voided purchases."""
PAGE = 1000
_UNKNOWN = frozenset({400, 404, 410})
"""How Google says that it knows no such token for that product, or no longer."""


class GooglePlay:
    """Google Play, as :class:`flylive.wallet.recharge.providers.Provider`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.google_play_service_account is not None
        self._settings = settings
        self._package = settings.google_play_package_name
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)
        self._keys = PublishedKeys(settings.google_play_keys_url, self._client)
        self._account_key = keys.derive(settings, "google play accounts")
        self._account = ServiceAccount(
            settings.google_play_service_account.get_secret_value(), SCOPE
        )

    async def open(self, order: Row[Any]) -> None:
        """The app makes the payment."""
        return None

    def checkout(self, order: Row[Any]) -> dict[str, Any]:
        """What the app starts the purchase with (BillingFlowParams)."""
        return {
            "package_name": self._package,
            "product_id": order.product_id,
            "obfuscated_account_id": self._account_id(order.user_id),
            "obfuscated_profile_id": str(order.binding),
        }

    async def reference(self, order: Row[Any], proof: ConfirmOrder) -> str:
        """The purchase token."""
        if proof.purchase_token is None:
            raise InvalidRequest.field("purchase_token", "is needed at google_play")
        return proof.purchase_token

    async def look(self, order: Row[Any], reference: str) -> Standing:
        """How the purchase stands now."""
        purchase = await self._purchase(order.product_id, reference)
        if purchase is None:
            if order.provider_reference == reference and order.status != "pending":
                # Google forgets tokens after a while; that takes nothing back.
                return Standing("open", reference, {})
            fault = "Google knows no such purchase of this product"
            return Standing("open", reference, {}, fault=fault)
        view = {
            name: value
            for name, value in msgspec.to_builtins(purchase).items()
            if value is not None and not name.startswith("obfuscated")
        }
        misfit = self._find_fault(order, purchase)
        if purchase.purchase_state == 0:
            return Standing("paid", reference, view, fault=misfit)
        if purchase.purchase_state != 1:
            return Standing("open", reference, view, fault=misfit)
        if order.provider_reference == reference and order.paid_at is not None:
            return Standing("paid", reference, view, Fraction(1), misfit)
        return Standing("failed", reference, view, fault=misfit)

    async def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """A developer notification, by the token that Google signed for its push."""
        await self._verify(headers.get("authorization", ""))
        try:
            message = msgspec.json.decode(body, type=Push).message
            raw = base64.b64decode(message.data)
            notification = msgspec.json.decode(raw, type=Notification)
        except (msgspec.DecodeError, ValueError) as error:
            raise InvalidRequest.field("message", "is no developer notification") from error
        one_time = notification.one_time_product_notification
        voided = notification.voided_purchase_notification
        if notification.package_name != self._package:
            return Heard(message.message_id, "other_package", {}, is_relevant=False)
        if one_time is not None:
            kinds = {1: "one_time_purchased", 2: "one_time_canceled"}
            return Heard(
                message.message_id,
                kinds.get(one_time.notification_type, "one_time_other"),
                {"sku": one_time.sku, "notification_type": one_time.notification_type},
                reference=one_time.purchase_token,
                product_id=one_time.sku,
            )
        if voided is not None and voided.product_type == 2:
            return voided_purchase(
                VoidedPurchase(voided.purchase_token, voided.order_id),
                {"refund_type": voided.refund_type},
            )
        return Heard(message.message_id, "other", {}, is_relevant=False)

    async def locate(self, heard: Heard) -> str | None:
        """By the name that the purchase was started with."""
        if heard.reference is None or heard.product_id is None:
            return None
        purchase = await self._purchase(heard.product_id, heard.reference)
        return None if purchase is None else purchase.obfuscated_external_profile_id

    async def finish(self, order: Row[Any]) -> None:
        """Consume the purchase, which acknowledges it too; harmless if it was."""
        purchase = await self._purchase(order.product_id, order.provider_reference)
        if purchase is None or purchase.purchase_state != 0 or purchase.consumption_state == 1:
            return
        path = self._product_path(order.product_id, order.provider_reference)
        await self._request("POST", f"{path}:consume")

    async def refund(self, order: Row[Any], key: str) -> Refunded:
        """The whole order goes back, and the purchase with it; Google needs no key for that.

        orders.refund: https://developers.google.com/android-publisher/api-ref/rest/v3/orders/refund
        """
        purchase = await self._purchase(order.product_id, order.provider_reference)
        if purchase is None or purchase.order_id is None:
            raise RefundRefused("Google knows no such purchase of this product")
        number = quote(purchase.order_id, safe="")
        answer = await self._request("POST", f"orders/{number}:refund", {"revoke": "true"})
        if not answer.is_success:
            raise RefundRefused(f"Google Play: {_reason(answer)}")
        view: dict[str, object] = {"order_id": purchase.order_id}
        standing = Standing("paid", order.provider_reference, view, Fraction(1))
        return Refunded(purchase.order_id, standing)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def voided(self, since: datetime) -> AsyncIterator[Heard]:
        """The purchases that were given back since a moment, at most 30 days ago."""
        earliest = now() - timedelta(days=VOIDED_DAYS) + timedelta(minutes=5)
        parameters = {
            "startTime": str(int(max(since, earliest).timestamp() * 1000)),
            "maxResults": str(PAGE),
            "type": "0",
        }
        while True:
            answer = await self._request("GET", "purchases/voidedpurchases", parameters)
            page = _decode(answer, VoidedPage)
            for purchase in page.voided_purchases:
                yield voided_purchase(purchase, {})
            following = page.token_pagination
            if following is None or not following.next_page_token:
                return
            parameters["token"] = following.next_page_token

    def _account_id(self, user_id: int) -> str:
        """A user's name at Google: tells nothing of him, and stays the same."""
        return sha256_hex(f"{self._account_key.hex()}|{user_id}")

    def _find_fault(self, order: Row[Any], purchase: ProductPurchase) -> str | None:
        if purchase.obfuscated_external_profile_id != str(order.binding):
            return "the purchase was not started for this order"
        if purchase.obfuscated_external_account_id != self._account_id(order.user_id):
            return "the purchase was not started for this user"
        if purchase.product_id not in (None, order.product_id):
            return f"bought {purchase.product_id}, ordered {order.product_id}"
        if purchase.quantity not in (None, 1):
            return f"bought {purchase.quantity} of it"
        if purchase.purchase_type is not None and not self._settings.google_play_test_purchases:
            return "nothing was paid: a purchase by a tester, by promo code or as a reward"
        return None

    def _product_path(self, product_id: str, token: str) -> str:
        return f"purchases/products/{quote(product_id, safe='')}/tokens/{quote(token, safe='')}"

    async def _purchase(self, product_id: str, token: str) -> ProductPurchase | None:
        answer = await self._request("GET", self._product_path(product_id, token))
        return None if answer.status_code in _UNKNOWN else _decode(answer, ProductPurchase)

    async def _request(
        self, method: Literal["GET", "POST"], path: str, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Raises Unavailable where Google does not answer, or not as it should."""
        address = f"{self._settings.google_play_api_url}/androidpublisher/v3/applications"
        try:
            token = await self._account.access_token()
            answer = await self._client.request(
                method,
                f"{address}/{self._package}/{path}",
                params=query,
                headers={"Authorization": f"Bearer {token}"},
            )
        except (httpx.HTTPError, AuthError) as error:
            raise _away(repr(error)) from error
        if answer.is_success or answer.status_code in _UNKNOWN:
            return answer
        raise _away(f"{answer.status_code} {answer.text[:200]}")

    async def _verify(self, authorization: str) -> None:
        """That Google signed this push for us. Raises Unauthenticated, Unavailable."""
        scheme, _, token = authorization.partition(" ")
        refusal = Unauthenticated("The message is not signed by Google")
        if scheme.lower() != "bearer" or len(token) > 8192 or token.count(".") != 2:
            raise refusal
        try:
            encoded = token.partition(".")[0]
            head = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            key = await self._keys.find(msgspec.json.decode(head, type=Header).kid)
            if key is None:
                raise refusal
            registry = JWSRegistry(algorithms=[key.algorithm], strict_check_header=False)
            payload = jws.deserialize_compact(token, key.key, registry=registry).payload
            claims = msgspec.json.decode(payload or b"", type=Claims)
        except (JoseError, ValueError, TypeError, msgspec.DecodeError, RecursionError) as error:
            raise refusal from error
        if not (
            claims.iss in ISSUERS
            and claims.aud == self._settings.google_play_push_audience
            and claims.email == self._settings.google_play_push_account
            and claims.email_verified
            and claims.exp > now().timestamp() - LEEWAY_SECONDS
        ):
            raise refusal


def voided_purchase(purchase: VoidedPurchase, more: dict[str, Any]) -> Heard:
    """That a purchase was given back, by push or by the list: one event either way."""
    token = purchase.purchase_token
    view = {
        "order_id": purchase.order_id,
        "voided_time_millis": purchase.voided_time_millis,
        "voided_source": purchase.voided_source,
        "voided_reason": purchase.voided_reason,
    }
    payload = {name: value for name, value in view.items() if value is not None} | more
    return Heard(
        f"void:{sha256_hex(token)}",
        VOIDED_PURCHASE,
        payload,
        reference=token,
        standing=Standing("paid", token, payload, Fraction(1)),
    )


def _reason(answer: httpx.Response) -> str:
    """Google's own words for what it refuses."""
    try:
        return msgspec.json.decode(answer.content, type=Refusal).error.message[:500]
    except msgspec.DecodeError:
        return f"refused with {answer.status_code}"


def _decode(answer: httpx.Response, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise _away(f"not what was expected: {error}") from error


def _away(reason: str) -> Unavailable:
    log.warning("recharge.google_play_away", reason=reason)
    return Unavailable("Google Play does not answer", retry_after=AWAY_SECONDS)
