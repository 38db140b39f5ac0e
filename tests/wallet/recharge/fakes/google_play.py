"""Google Play, played: purchases of one-time products, voided ones, and pushes by Pub/Sub.

Shapes: ProductPurchase and VoidedPurchase of the Android Publisher API's reference
(purchases.products, purchases.voidedpurchases), DeveloperNotification of the page on real-time
developer notifications, the token exchange of google-auth's ``google/oauth2/_client.py``.
"""

import base64
import itertools
import json
import time
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.accounts.provider import PlayedProvider
from tests.wallet.recharge.fakes.server import Asked, Loopback, Said

PACKAGE = "example.flylive.app"
AUDIENCE = "https://flylive.example/v1/webhooks/google-play"
PUSHER = "pubsub@flylive-example.iam.gserviceaccount.com"
ACCOUNT = "orders@flylive-example.iam.gserviceaccount.com"
ACCESS_TOKEN = "ya29.played"
_APP = f"/androidpublisher/v3/applications/{PACKAGE}/"
_ROOT = f"{_APP}purchases/"
_ORDERS = f"{_APP}orders/"
Object = dict[str, Any]


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*encoding, serialization.NoEncryption()).decode()


class PlayedGooglePlay(Loopback):
    """Google Play with an app of ours; `pusher` signs what Pub/Sub pushes."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.pusher = PlayedProvider("pubsub", "https://accounts.google.com", AUDIENCE)
        self.purchases: dict[tuple[str, str], Object] = {}
        self.voided: list[Object] = []
        self.page = 2
        self.refuses_refunds = False

    async def start(self) -> None:
        """Listen, and publish the pushes' keys."""
        await super().start()
        await self.pusher.start()

    async def stop(self) -> None:
        """Listen no more."""
        await super().stop()
        await self.pusher.stop()

    @property
    def service_account(self) -> str:
        """The key file of the service account."""
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "flylive-example",
                "private_key_id": "1",
                "private_key": _private_key(),
                "client_email": ACCOUNT,
                "client_id": "1",
                "token_uri": f"{self.url}/token",
            }
        )

    # --- what happens there ------------------------------------------------------------------

    def buy(self, checkout: Object, state: int = 0, **more: Any) -> str:
        """The app buys what our order's `checkout` names; the purchase token."""
        number = next(self._numbers)
        token = f"token{number}.AO-J1Oz{number}"
        sku = more.pop("sku", checkout["product_id"])
        self.purchases[(sku, token)] = {
            "kind": "androidpublisher#productPurchase",
            "purchaseTimeMillis": str(int(time.time() * 1000)),
            "purchaseState": state,
            "consumptionState": 0,
            "developerPayload": "",
            "orderId": f"GPA.0000-0000-0000-{number:05}",
            "acknowledgementState": 0,
            "obfuscatedExternalAccountId": checkout["obfuscated_account_id"],
            "obfuscatedExternalProfileId": checkout["obfuscated_profile_id"],
            "regionCode": "AE",
        } | more
        return token

    def purchase(self, token: str) -> Object:
        """The purchase of this token, to be changed."""
        [found] = [made for (_, name), made in self.purchases.items() if name == token]
        return found

    def void(self, token: str) -> None:
        """The money goes back, and Google lists it."""
        purchase = self.purchase(token)
        purchase["purchaseState"] = 1
        self.voided.append(
            {
                "kind": "androidpublisher#voidedPurchase",
                "purchaseToken": token,
                "purchaseTimeMillis": purchase["purchaseTimeMillis"],
                "voidedTimeMillis": str(int(time.time() * 1000)),
                "orderId": purchase["orderId"],
                "voidedSource": 0,
                "voidedReason": 1,
            }
        )

    # --- notifications -----------------------------------------------------------------------

    def purchased(self, token: str, kind: int = 1) -> Object:
        """The notification that a product was bought (1) or its purchase canceled (2)."""
        [sku] = [sku for sku, name in self.purchases if name == token]
        one_time = {
            "version": "1.0",
            "notificationType": kind,
            "purchaseToken": token,
            "sku": sku,
        }
        return {"oneTimeProductNotification": one_time}

    def was_voided(self, token: str) -> Object:
        """The notification that a purchase was voided."""
        voided = {
            "purchaseToken": token,
            "orderId": self.purchase(token)["orderId"],
            "productType": 2,
            "refundType": 1,
        }
        return {"voidedPurchaseNotification": voided}

    def push(self, notification: Object, **more: Any) -> bytes:
        """What Pub/Sub posts."""
        whole = {
            "version": "1.0",
            "packageName": PACKAGE,
            "eventTimeMillis": str(int(time.time() * 1000)),
        } | notification
        number = more.get("message_id", str(next(self._numbers)))
        message = {
            "data": base64.b64encode(json.dumps(whole).encode()).decode(),
            "messageId": number,
            "message_id": number,
            "publishTime": "2026-11-23T00:00:00Z",
            "attributes": {},
        }
        subscription = "projects/flylive-example/subscriptions/play"
        return json.dumps({"message": message, "subscription": subscription}).encode()

    def signature(self, **claims: Any) -> dict[str, str]:
        """The header that a push carries; `claims` in place of the good ones."""
        good = {"email": PUSHER, "email_verified": True}
        token = self.pusher.token("1234", **(good | claims))
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    # --- the API -----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Said:
        """As the API does."""
        if asked.path == "/token":
            return self._exchange(asked)
        if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            return _error(401, "UNAUTHENTICATED")
        if asked.method == "POST" and asked.path.startswith(_ORDERS):
            return self._give_back(asked)
        if not asked.path.startswith(_ROOT):
            return _error(404, "NOT_FOUND")
        match asked.method, asked.path.removeprefix(_ROOT).split("/"):
            case "GET", ["voidedpurchases"]:
                return self._list_voided(asked)
            case "GET", ["products", sku, "tokens", token] if (sku, token) in self.purchases:
                return Said(200, self.purchases[(sku, token)])
            case "POST", ["products", sku, "tokens", rest]:
                token, _, verb = rest.rpartition(":")
                purchase = self.purchases.get((sku, token))
                if purchase is None or purchase["purchaseState"] != 0:
                    return _error(400, "productNotOwnedByUser")
                assert verb == "consume"
                purchase |= {"consumptionState": 1, "acknowledgementState": 1}
                return Said(204)
        return _error(400, "INVALID_ARGUMENT")

    def _give_back(self, asked: Asked) -> Said:
        """orders.refund: an empty body either way; `revoke` takes the purchase with it."""
        number, _, verb = asked.path.removeprefix(_ORDERS).rpartition(":")
        assert (verb, asked.body) == ("refund", b"")
        assert asked.query == {"revoke": "true"}
        found = [token for (_, token), made in self.purchases.items() if made["orderId"] == number]
        if not found:
            return _error(404, "No order was found for the requested order ID.")
        if self.purchase(found[0])["purchaseState"] != 0:
            return _error(400, "The order has already been refunded.")
        if self.refuses_refunds:
            return _error(400, "The order is too old to be refunded.")
        self.void(found[0])
        return Said(204)

    def _exchange(self, asked: Asked) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = jwt.decode(form["assertion"], RSAKey.import_key(_private_key())).claims
        assert claims["iss"] == ACCOUNT
        assert claims["scope"] == "https://www.googleapis.com/auth/androidpublisher"
        return Said(200, {"access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    def _list_voided(self, asked: Asked) -> Said:
        start = int(asked.query["startTime"])
        assert start > (time.time() - 30 * 86_400) * 1000, "Google lists 30 days"
        found = [one for one in self.voided if int(one["voidedTimeMillis"]) >= start]
        begin = int(asked.query.get("token", "0"))
        page: Object = {"voidedPurchases": found[begin : begin + self.page]}
        if begin + self.page < len(found):
            page["tokenPagination"] = {"nextPageToken": str(begin + self.page)}
        return Said(200, page if found else {})


def _error(status: int, reason: str) -> Said:
    return Said(status, {"error": {"code": status, "message": reason, "status": reason}})
