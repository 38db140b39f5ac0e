"""Why an order is not refunded; nobody's coins or money move."""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownRefund(NotFound):
    """No such refund."""

    code, title = "refund.not_found", "There is no such refund"


class RefundByApple(Problem):
    """Only Apple gives back what was paid in the App Store; no merchant can."""

    status, code = 409, "refund.by_apple"
    title = (
        "Apple alone refunds App Store purchases: the buyer asks at reportaproblem.apple.com,"
        " and his coins are taken back when Apple tells us"
    )


class RefundUnderWay(Problem):
    """The order has a refund that waits or is being asked for. Extras: `refund_id`,
    `refund_status`.
    """

    status, code, title = 409, "refund.under_way", "This order is being refunded already"


class RefundDecided(Problem):
    """It was approved or rejected already. Extra: `refund_status`."""

    status, code, title = 409, "refund.decided", "This refund was decided already"


class RefundNeedsSecond(Forbidden):
    """Whoever asked for a large refund cannot approve it, nor who gave him his role or got it from
    him.
    """

    code, title = "refund.second_person", "Somebody else has to approve this refund"
