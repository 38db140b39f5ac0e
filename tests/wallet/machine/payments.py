"""What happens at payment providers: how a payment then stands, and how we are told."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from tests.wallet.machine.model import Order
from tests.wallet.machine.stage import Stage

THIRD_OF_CHARGE = 333
FORTY_PERCENT = 40_000


class Said(NamedTuple):
    """A message to the webhook of this name, what the buyer could say instead, and the truth.

    `taken_back`: how many of the order's coins the payer has back; None: nothing was ever paid.
    """

    name: str
    body: bytes
    headers: dict[str, str]
    proof: dict[str, str]
    taken_back: int | None


def stripe(stage: Stage, order: Order, what: str) -> Said:
    """A session is paid; its charge is refunded, in part or whole, or disputed."""
    fake, session = stage.played.stripe, order.payment
    is_paid = fake.sessions[session]["payment_status"] == "paid"
    if what == "pay" or not is_paid:
        kind = "checkout.session.completed"
        subject = fake.sessions[session] if is_paid else fake.pay(session)
    elif what in ("part", "refund"):
        kind, amount = "charge.refunded", THIRD_OF_CHARGE if what == "part" else None
        charge = fake.charge_of(session)
        room = charge["amount"] - charge["amount_refunded"]
        subject = fake.refund(session, min(amount, room) if amount else None)
    elif what == "fails":
        kind, subject = "refund.failed", fake.refund_fails(session)
    else:
        kind = "charge.dispute.created" if what == "dispute" else "charge.dispute.closed"
        order.dispute = order.dispute or fake.dispute(session)
        order.dispute["status"] = "needs_response" if what == "dispute" else "won"
        subject = order.dispute
    body = fake.event(kind, subject)
    charge = fake.charge_of(session)
    taken = charge["amount_refunded"]
    if order.dispute is not None and order.dispute["status"] != "won":
        taken += charge["amount"]
    share = min(Fraction(taken, charge["amount"]), Fraction(1))
    return Said("stripe", body, fake.signature(body), {}, _coins(order, share))


def google(stage: Stage, order: Order, what: str) -> Said:
    """A purchase is made, or voided; a purchase that was voided before we knew of it has failed."""
    fake, token = stage.played.google, order.payment
    is_void = fake.purchase(token)["purchaseState"] == 1
    if what == "void" and not is_void:
        fake.void(token)
        is_void = True
    is_known = order.status in ("paid", "refunded")
    told = fake.was_voided(token) if is_void and is_known else fake.purchased(token)
    taken_back = None if is_void and not is_known else order.coins if is_void else 0
    proof = {"purchase_token": token}
    return Said("google-play", fake.push(told), fake.signature(), proof, taken_back)


def apple(stage: Stage, order: Order, what: str) -> Said:
    """A transaction is made, refunded in part or whole, reinstated, or its buyer wants money back.

    Who wants his money back before he has told us of his purchase tells us of it so.
    """
    fake, number = stage.played.apple, order.payment
    kind = "ONE_TIME_CHARGE"
    if what in ("part", "refund"):
        kind = "REFUND"
        fake.refund(number, FORTY_PERCENT if what == "part" else None)
    elif what == "reverse":
        kind = "REFUND_REVERSED"
        fake.reverse(number)
    elif what == "asks":
        kind = "CONSUMPTION_REQUEST"
    percentage = fake.transactions[number].get("revocationPercentage", 0)
    return Said(
        "app-store",
        fake.notification(kind, number),
        {"Content-Type": "application/json"},
        {"signed_transaction": fake.signed(number)},
        _coins(order, Fraction(percentage, 100_000)),
    )


def _coins(order: Order, share: Fraction) -> int:
    return order.coins * share.numerator // share.denominator


HAPPENINGS: dict[str, Callable[[Stage, Order, str], Said]] = {
    "stripe": stripe,
    "google_play": google,
    "app_store": apple,
}
