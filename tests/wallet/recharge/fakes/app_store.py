"""The App Store, played: transactions and notifications signed down to a root of our own.

Shapes: JWSTransactionDecodedPayload, ResponseBodyV2DecodedPayload, Data, ConsumptionRequest and
TransactionInfoResponse of the official library's models; the chain has the three certificates and
the two extensions that its ``signed_data_verifier.py`` asks for.
"""

import base64
import itertools
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.wallet.recharge.fakes.server import Asked, Loopback, Said

BUNDLE = "example.flylive.app"
ISSUER, KEY_ID = "57246542-96fe-1a63-e053-0824d011072a", "2X9R4HXF34"
_LEAF, _INTERMEDIATE = "1.2.840.113635.100.6.11.1", "1.2.840.113635.100.6.2.1"
Object = dict[str, Any]


class Signer:
    """A root certificate, and what it signs through an intermediate and a leaf."""

    def __init__(self) -> None:
        self._keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        root = self._certify(0, 0, "Root", None, None)
        middle = self._certify(1, 0, "Intermediate", _INTERMEDIATE, root)
        leaf = self._certify(2, 1, "Leaf", _LEAF, middle)
        self.root = root.public_bytes(serialization.Encoding.DER)
        chain = [leaf, middle, root]
        self._x5c = [
            base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in chain
        ]

    def sign(self, payload: Object) -> str:
        """A JWS with its chain in the header."""
        return jwt.encode(payload, self._keys[2], "ES256", headers={"x5c": self._x5c})

    def _certify(
        self, own: int, by: int, name: str, mark: str | None, issuer: x509.Certificate | None
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        key, signing = self._keys[own], self._keys[by]
        moment = datetime.now(UTC)
        is_authority = own < 2
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - timedelta(days=365))
            .not_valid_after(moment + timedelta(days=365))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
                critical=False,
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=is_authority,
                    crl_sign=is_authority,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if mark is not None:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(mark), b"\x05\x00")
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(signing, hashes.SHA256())


class PlayedAppStore(Loopback):
    """The App Store with an app of ours, in its Sandbox environment."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(2_000_000_000)
        self.transactions: dict[str, Object] = {}
        self.consumptions: list[tuple[str, Object]] = []
        self._api_key = ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def signer(self) -> Signer:
        """Apple's certificates."""
        return Signer()

    @property
    def private_key(self) -> str:
        """The key for the API that Apple gave us."""
        encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._api_key.private_bytes(*encoding, serialization.NoEncryption()).decode()

    # --- what happens there ------------------------------------------------------------------

    def buy(self, checkout: Object, **more: Any) -> str:
        """The app buys what our order's `checkout` names; the transaction's id."""
        number = str(next(self._numbers))
        moment = int(time.time() * 1000)
        self.transactions[number] = {
            "transactionId": number,
            "originalTransactionId": number,
            "bundleId": BUNDLE,
            "productId": checkout["product_id"],
            "purchaseDate": moment,
            "originalPurchaseDate": moment,
            "quantity": 1,
            "type": "Consumable",
            "appAccountToken": checkout["app_account_token"],
            "inAppOwnershipType": "PURCHASED",
            "environment": "Sandbox",
            "transactionReason": "PURCHASE",
            "storefront": "ARE",
            "storefrontId": "143481",
            "price": 9990,
            "currency": "USD",
        } | more
        return number

    def refund(self, number: str, percentage: int | None = None) -> None:
        """Apple gives the money back, or so many thousandths of a percent of it."""
        self.transactions[number] |= {
            "revocationDate": int(time.time() * 1000),
            "revocationReason": 0,
            "revocationType": "REFUND_FULL" if percentage is None else "REFUND_PRORATED",
            "revocationPercentage": 100_000 if percentage is None else percentage,
        }

    def reverse(self, number: str) -> None:
        """Apple takes the refund back."""
        for name in [name for name in self.transactions[number] if name.startswith("revocation")]:
            del self.transactions[number][name]

    def signed(self, number: str, signer: Signer | None = None, **more: Any) -> str:
        """The transaction as it is now, as StoreKit hands it to the app."""
        payload = self.transactions[number] | {"signedDate": int(time.time() * 1000)} | more
        return (signer or self.signer).sign(payload)

    def notification(self, kind: str, number: str | None = None, **more: Any) -> bytes:
        """What Apple posts about a transaction as it is now; `signer` may be another."""
        signer = more.pop("signer", self.signer)
        data: Object = {"environment": "Sandbox", "bundleId": BUNDLE, "bundleVersion": "1"}
        if number is not None:
            data["signedTransactionInfo"] = self.signed(number, signer)
        payload = {
            "notificationType": kind,
            "notificationUUID": str(uuid.uuid4()),
            "version": "2.0",
            "signedDate": int(time.time() * 1000),
            "data": data | more,
        }
        return json.dumps({"signedPayload": signer.sign(payload)}).encode()

    # --- the API -----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Said:
        """As the API does."""
        token = asked.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(
            token, self._api_key.public_key(), ["ES256"], audience="appstoreconnect-v1"
        )
        assert (claims["iss"], claims["bid"]) == (ISSUER, BUNDLE)
        assert jwt.get_unverified_header(token)["kid"] == KEY_ID
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["inApps", "v1", "transactions", number] if number in self.transactions:
                return Said(200, {"signedTransactionInfo": self.signed(number)})
            case "PUT", ["inApps", "v2", "transactions", "consumption", number]:
                self.consumptions.append((number, json.loads(asked.body)))
                return Said(202)
        not_found = {"errorCode": 4040010, "errorMessage": "Transaction id not found."}
        return Said(404, not_found)
