"""The App Store, by Apple's official library.

A client hands over StoreKit's signed transaction; Apple's servers send notifications, version 2.
Both are verified down to Apple's root certificate, and then the App Store Server API is asked how
the transaction stands now: a signed transaction stays valid after its money was given back.
"""

import asyncio
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec
import structlog
from appstoreserverlibrary.api_client import APIException, AsyncAppStoreServerAPIClient
from appstoreserverlibrary.models.ConsumptionRequest import ConsumptionRequest
from appstoreserverlibrary.models.DeliveryStatus import DeliveryStatus
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.InAppOwnershipType import InAppOwnershipType
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.Type import Type
from appstoreserverlibrary.signed_data_verifier import (
    SignedDataVerifier,
    VerificationException,
    VerificationStatus,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Row

from flylive.config import Settings
from flylive.errors import InvalidRequest, Unauthenticated, Unavailable
from flylive.wallet.recharge.errors import PurchaseMismatch
from flylive.wallet.recharge.providers import AWAY_SECONDS, Heard, Refunded, RefundRefused
from flylive.wallet.recharge.rules import Standing
from flylive.wallet.recharge.schemas import ConfirmOrder

log = structlog.get_logger(__name__)

WHOLE = 100_000
"""100 % in Apple's milliunits of a percent."""
PRORATED = "REFUND_PRORATED"
_UNKNOWN = 404

T = TypeVar("T")


class _Body(msgspec.Struct):
    """responseBodyV2."""

    signedPayload: str  # noqa: N815 - Apple's name


class AppStore:
    """The App Store, as :class:`flylive.wallet.recharge.providers.Provider`."""

    def __init__(self, settings: Settings) -> None:
        assert settings.app_store_bundle_id is not None
        assert settings.app_store_private_key is not None
        assert settings.app_store_key_id is not None
        assert settings.app_store_issuer_id is not None
        environment = Environment(settings.app_store_environment)
        self._verifier = SignedDataVerifier(
            [_read_certificate(path.read_bytes()) for path in settings.app_store_root_certificates],
            settings.app_store_online_checks,
            environment,
            settings.app_store_bundle_id,
            settings.app_store_apple_id,
        )
        self._client = AsyncAppStoreServerAPIClient(
            settings.app_store_private_key.get_secret_value().encode(),
            settings.app_store_key_id,
            settings.app_store_issuer_id,
            settings.app_store_bundle_id,
            environment,
        )
        if settings.app_store_api_url is not None:
            self._client._base_url = settings.app_store_api_url

    async def open(self, order: Row[Any]) -> None:
        """The app makes the payment."""
        return None

    def checkout(self, order: Row[Any]) -> dict[str, Any]:
        """What the app starts the purchase with (Product.PurchaseOption.appAccountToken)."""
        return {"product_id": order.product_id, "app_account_token": str(order.binding)}

    async def reference(self, order: Row[Any], proof: ConfirmOrder) -> str:
        """The id of the transaction that Apple signed for this order."""
        if proof.signed_transaction is None:
            raise InvalidRequest.field("signed_transaction", "is needed at app_store")
        try:
            found = await self._verified(
                self._verifier.verify_and_decode_signed_transaction, proof.signed_transaction
            )
        except VerificationException as error:
            raise PurchaseMismatch("Apple did not sign this transaction for this app") from error
        if found.transactionId is None:
            raise PurchaseMismatch("Apple signed no transaction")
        fault = _find_fault(order, found)
        if fault is not None:
            raise PurchaseMismatch(fault)
        return str(found.transactionId)

    async def look(self, order: Row[Any], reference: str) -> Standing:
        """How the transaction stands now."""
        try:
            answer = await self._client.get_transaction_info(reference)
            found = await self._verified(
                self._verifier.verify_and_decode_signed_transaction,
                answer.signedTransactionInfo or "",
            )
        except APIException as error:
            if error.http_status_code == _UNKNOWN:
                fault = "Apple knows no such transaction"
                return Standing("open", reference, {}, fault=fault)
            raise _away(f"{error.http_status_code} {error.api_error}") from error
        except (httpx.HTTPError, VerificationException) as error:
            raise _away(repr(error)) from error
        misfit = _find_fault(order, found)
        if found.transactionId != reference:
            misfit = "Apple answered with another transaction"
        return Standing("paid", reference, _view(found), _taken_back(found), misfit)

    async def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """A notification that Apple signed for this app."""
        try:
            signed = msgspec.json.decode(body, type=_Body).signedPayload
            said = await self._verified(self._verifier.verify_and_decode_notification, signed)
            data = said.data
            transaction = None
            if data is not None and data.signedTransactionInfo is not None:
                transaction = await self._verified(
                    self._verifier.verify_and_decode_signed_transaction, data.signedTransactionInfo
                )
        except (msgspec.DecodeError, VerificationException) as error:
            raise Unauthenticated("The message is not signed by Apple") from error
        payload: dict[str, Any] = {"subtype": said.rawSubtype, "signed_date": said.signedDate}
        if transaction is not None:
            payload |= _view(transaction)
        is_relevant = (
            transaction is not None
            and transaction.transactionId is not None
            and transaction.type is Type.CONSUMABLE
        )
        return Heard(
            said.notificationUUID or "",
            said.rawNotificationType or "unknown",
            {name: value for name, value in payload.items() if value is not None},
            binding=transaction.appAccountToken if transaction is not None else None,
            reference=transaction.transactionId if transaction is not None else None,
            is_relevant=is_relevant,
        )

    async def locate(self, heard: Heard) -> str | None:
        """Apple knows no more than it said."""
        return None

    async def finish(self, order: Row[Any]) -> None:
        """The app finishes the transaction."""

    async def refund(self, order: Row[Any], key: str) -> Refunded:
        """Apple alone decides that; no merchant can ask for it. Raises RefundRefused."""
        raise RefundRefused("Apple alone refunds App Store purchases")

    async def tell_consumption(self, reference: str, *, is_delivered: bool, consumed: int) -> None:
        """Answer a CONSUMPTION_REQUEST: `consumed` is in milliunits of a percent.

        Raises Unavailable where Apple does not answer. What Apple refuses is logged: it is too
        late, or nobody asked.
        """
        status = DeliveryStatus.DELIVERED if is_delivered else DeliveryStatus.UNDELIVERED_OTHER
        request = ConsumptionRequest(
            customerConsented=True,
            sampleContentProvided=False,
            deliveryStatus=status,
            consumptionPercentage=consumed,
            rawDeliveryStatus=status.value,
        )
        try:
            await self._client.send_consumption_information(reference, request)
        except APIException as error:
            if error.http_status_code >= 500 or error.http_status_code in (401, 429):
                raise _away(f"{error.http_status_code} {error.api_error}") from error
            log.error("recharge.consumption_refused", transaction=reference, error=str(error))
        except httpx.HTTPError as error:
            raise _away(repr(error)) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.async_close()  # type: ignore[no-untyped-call]

    async def _verified(self, verify: Callable[[str], T], signed: str) -> T:
        """What Apple signed; in a thread, for Apple may be asked about its certificates.

        Raises VerificationException, and Unavailable where Apple does not answer.
        """
        try:
            return await asyncio.to_thread(verify, signed)
        except VerificationException as error:
            if error.status is VerificationStatus.RETRYABLE_VERIFICATION_FAILURE:
                raise _away("certificates could not be checked") from error
            raise
        except Exception as error:
            # Signed or not, a payload of another shape fails anywhere in the library.
            failure = VerificationStatus.VERIFICATION_FAILURE
            raise VerificationException(failure) from error


def _find_fault(order: Row[Any], transaction: JWSTransactionDecodedPayload) -> str | None:
    """Why this transaction may not be credited to this order."""
    try:
        binding = UUID(transaction.appAccountToken or "")
    except ValueError:
        binding = None
    if binding != order.binding:
        return "the transaction was not started for this order"
    if transaction.productId != order.product_id:
        return f"bought {transaction.productId}, ordered {order.product_id}"
    if transaction.type is not Type.CONSUMABLE or transaction.quantity not in (None, 1):
        return f"bought {transaction.quantity} of {transaction.rawType}"
    if transaction.inAppOwnershipType not in (None, InAppOwnershipType.PURCHASED):
        return f"owned as {transaction.rawInAppOwnershipType}"
    return None


def _taken_back(transaction: JWSTransactionDecodedPayload) -> Fraction:
    """The share of the price that Apple gave back."""
    if transaction.revocationDate is None:
        return Fraction(0)
    percentage = transaction.revocationPercentage
    if transaction.rawRevocationType == PRORATED and percentage is not None:
        return min(max(Fraction(percentage, WHOLE), Fraction(0)), Fraction(1))
    return Fraction(1)


def _view(transaction: JWSTransactionDecodedPayload) -> dict[str, Any]:
    said = {
        "transaction_id": transaction.transactionId,
        "product_id": transaction.productId,
        "environment": transaction.rawEnvironment,
        "storefront": transaction.storefront,
        "price": transaction.price,
        "currency": transaction.currency,
        "purchase_date": transaction.purchaseDate,
        "revocation_date": transaction.revocationDate,
        "revocation_reason": transaction.rawRevocationReason,
        "revocation_type": transaction.rawRevocationType,
        "revocation_percentage": transaction.revocationPercentage,
    }
    return {name: value for name, value in said.items() if value is not None}


def _read_certificate(content: bytes) -> bytes:
    """A certificate in DER, as the library wants it."""
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)


def _away(reason: str) -> Unavailable:
    log.warning("recharge.app_store_away", reason=reason)
    return Unavailable("The App Store does not answer", retry_after=AWAY_SECONDS)
