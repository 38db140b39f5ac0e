"""Stripe, played: Checkout Sessions, their payments, charges and disputes.

The objects carry the fields of the SDK's own classes that matter here (``stripe/checkout/
_session.py``, ``_payment_intent.py``, ``_charge.py``, ``_dispute.py``, ``_event.py``); requests
are form-encoded and answered like the API's. Events are signed as ``stripe/_webhook.py`` says.
"""

import itertools
import json
import time
from typing import Any
from urllib.parse import parse_qs

import stripe

from tests.wallet.recharge.fakes.server import Asked, Loopback, Said

SECRET_KEY = "sk_test_played"
WEBHOOK_SECRET = "whsec_played"
Object = dict[str, Any]


class PlayedStripe(Loopback):
    """Stripe with an account of ours."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.sessions: dict[str, Object] = {}
        self.payments: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.refuses_refunds = False
        self._by_key: dict[str, tuple[bytes, Object]] = {}

    # --- what happens there ------------------------------------------------------------------

    def pay(self, session_id: str, amount: int | None = None) -> Object:
        """The buyer pays by card; `amount` in place of the right one."""
        session = self.sessions[session_id]
        if amount is not None:
            session["amount_total"] = amount
        session |= {"status": "complete", "payment_status": "paid"}
        self._charge(session, "succeeded")
        return session

    def pay_slowly(self, session_id: str) -> Object:
        """The buyer chooses a debit that takes days."""
        session = self.sessions[session_id]
        session |= {"status": "complete", "payment_status": "unpaid"}
        payment = self._payment(session)
        payment["status"] = "processing"
        return session

    def slow_payment_ends(self, session_id: str, *, is_paid: bool) -> Object:
        """The debit went through, or did not."""
        session = self.sessions[session_id]
        if is_paid:
            session["payment_status"] = "paid"
            self._charge(session, "succeeded")
        else:
            self.payments[session["payment_intent"]]["status"] = "requires_payment_method"
        return session

    def expire(self, session_id: str) -> Object:
        """Nobody paid in time."""
        self.sessions[session_id]["status"] = "expired"
        return self.sessions[session_id]

    def refund(self, session_id: str, amount: int | None = None) -> Object:
        """Money goes back: all that is left, or so much."""
        charge = self.charge_of(session_id)
        left = charge["amount"] - charge["amount_refunded"]
        charge["amount_refunded"] += left if amount is None else amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return charge

    def refund_fails(self, session_id: str) -> Object:
        """The buyer's bank did not take the refund: the money is ours again."""
        charge = self.charge_of(session_id)
        charge |= {"amount_refunded": 0, "refunded": False}
        return charge

    def dispute(self, session_id: str, status: str = "needs_response") -> Object:
        """The buyer's bank takes the money back; an inquiry (`warning_…`) only asks."""
        charge = self.charge_of(session_id)
        charge["disputed"] = True
        number = f"du_{next(self._numbers)}"
        self.disputes[number] = {
            "id": number,
            "object": "dispute",
            "amount": charge["amount"],
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "metadata": {},
            "reason": "fraudulent",
            "status": status,
        }
        return self.disputes[number]

    def session_of(self, order: Object) -> str:
        """The session of an order as our API answers it."""
        return str(order["checkout"]["url"].rpartition("/")[2])

    # --- events ------------------------------------------------------------------------------

    def event(self, kind: str, subject: Object, event_id: str | None = None) -> bytes:
        """An event about an object as it is now."""
        number = event_id or f"evt_{next(self._numbers)}"
        return json.dumps(
            {
                "id": number,
                "object": "event",
                "api_version": "2026-10-28",
                "created": int(time.time()),
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
                "data": {"object": subject},
            }
        ).encode()

    def signature(
        self, body: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None
    ) -> dict[str, str]:
        """The header that signs a body."""
        moment = int(at if at is not None else time.time())
        made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, moment)
        return {"Stripe-Signature": made, "Content-Type": "application/json"}

    # --- the API -----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Said:
        """As the API does."""
        if asked.headers.get("authorization") != f"Bearer {SECRET_KEY}":
            return _error(401, "invalid_request_error", "Invalid API Key provided")
        match asked.method, asked.path.removeprefix("/v1/").split("/"):
            case "POST", ["checkout", "sessions"]:
                return self._create(asked)
            case "GET", ["checkout", "sessions", number] if number in self.sessions:
                return Said(200, self._expanded(self.sessions[number], asked.query))
            case "GET", ["payment_intents", number] if number in self.payments:
                return Said(200, self.payments[number])
            case "POST", ["refunds"]:
                return self._give_back(asked)
            case "GET", ["disputes"]:
                charge = asked.query["charge"]
                found = [one for one in self.disputes.values() if one["charge"] == charge]
                listed = {"object": "list", "data": found, "has_more": False, "url": asked.path}
                return Said(200, listed)
        return _error(404, "invalid_request_error", "No such object", "resource_missing")

    def _create(self, asked: Asked) -> Said:
        key = asked.headers["idempotency-key"]
        if key in self._by_key:
            body, made = self._by_key[key]
            if body != asked.body:
                return _error(400, "idempotency_error", "Keys for other parameters")
            return Said(200, made)
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        assert form["mode"] == "payment"
        number = f"cs_test_{next(self._numbers)}"
        made = {
            "id": number,
            "object": "checkout.session",
            "amount_subtotal": int(form["line_items[0][price_data][unit_amount]"]),
            "amount_total": int(form["line_items[0][price_data][unit_amount]"])
            * int(form["line_items[0][quantity]"]),
            "cancel_url": form["cancel_url"],
            "client_reference_id": form["client_reference_id"],
            "created": int(time.time()),
            "currency": form["line_items[0][price_data][currency]"],
            "customer_details": {"email": "buyer@flylive.example", "name": "A Buyer"},
            "expires_at": int(time.time()) + 86_400,
            "livemode": False,
            "metadata": {
                name[len("metadata[") : -1]: value
                for name, value in form.items()
                if name.startswith("metadata[")
            },
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form["success_url"],
            "url": f"https://checkout.stripe.com/c/pay/{number}",
        }
        self.sessions[number] = made
        self._by_key[key] = (asked.body, made)
        return Said(200, made)

    def _give_back(self, asked: Asked) -> Said:
        key = asked.headers["idempotency-key"]
        if key in self._by_key:
            body, made = self._by_key[key]
            if body != asked.body:
                return _error(400, "idempotency_error", "Keys for other parameters")
            return Said(200, made)
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        payment = self.payments.get(form["payment_intent"])
        charge = self.charges.get(payment["latest_charge"]) if payment else None
        if charge is None:
            return _error(400, "invalid_request_error", "has no charge", "resource_missing")
        if charge["refunded"]:
            return _error(
                400, "invalid_request_error", "already refunded", "charge_already_refunded"
            )
        if self.refuses_refunds:
            return _error(400, "invalid_request_error", "under dispute", "charge_disputed")
        left = charge["amount"] - charge["amount_refunded"]
        made = {
            "id": f"re_{next(self._numbers)}",
            "object": "refund",
            "amount": int(form.get("amount", left)),
            "balance_transaction": None,
            "charge": charge["id"],
            "created": int(time.time()),
            "currency": charge["currency"],
            "metadata": {
                name[len("metadata[") : -1]: value
                for name, value in form.items()
                if name.startswith("metadata[")
            },
            "payment_intent": charge["payment_intent"],
            "reason": form["reason"],
            "receipt_number": None,
            "status": "succeeded",
        }
        charge["amount_refunded"] += made["amount"]
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.refunds[made["id"]] = made
        self._by_key[key] = (asked.body, made)
        return Said(200, made)

    def _expanded(self, session: Object, query: Any) -> Object:
        if (
            query.get("expand[0]") != "payment_intent.latest_charge"
            or not session["payment_intent"]
        ):
            return session
        payment = self.payments[session["payment_intent"]]
        charge = self.charges.get(payment["latest_charge"])
        return session | {"payment_intent": payment | {"latest_charge": charge}}

    def _payment(self, session: Object) -> Object:
        if session["payment_intent"] is None:
            number = f"pi_{next(self._numbers)}"
            session["payment_intent"] = number
            self.payments[number] = {
                "id": number,
                "object": "payment_intent",
                "amount": session["amount_total"],
                "currency": session["currency"],
                "latest_charge": None,
                "metadata": session["metadata"],
                "status": "requires_payment_method",
            }
        return self.payments[session["payment_intent"]]

    def _charge(self, session: Object, status: str) -> None:
        payment = self._payment(session)
        number = f"ch_{next(self._numbers)}"
        payment |= {"status": "succeeded", "latest_charge": number}
        self.charges[number] = {
            "id": number,
            "object": "charge",
            "amount": session["amount_total"],
            "amount_captured": session["amount_total"],
            "amount_refunded": 0,
            "billing_details": {"email": "buyer@flylive.example", "name": "A Buyer"},
            "captured": True,
            "currency": session["currency"],
            "disputed": False,
            "metadata": payment["metadata"],
            "paid": True,
            "payment_intent": payment["id"],
            "refunded": False,
            "status": status,
        }

    def charge_of(self, session_id: str) -> Object:
        """The charge that paid a session."""
        payment = self.payments[self.sessions[session_id]["payment_intent"]]
        return self.charges[payment["latest_charge"]]


def _error(status: int, kind: str, message: str, code: str | None = None) -> Said:
    return Said(status, {"error": {"type": kind, "message": message, "code": code}})
