"""Why coins are not bought."""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownPackage(NotFound):
    """No such package, or it is not sold."""

    code, title = "recharge.package_not_found", "There is no such package"


class PackageNotInCountry(Forbidden):
    """The package is sold in other countries only."""

    code, title = "recharge.package_not_in_country", "This package is not sold in your country"


class UnknownOrder(NotFound):
    """No such order of the caller's."""

    code, title = "recharge.order_not_found", "There is no such order of yours"


class ProviderUnavailable(Problem):
    """The payment provider is not set up on this platform, or does not sell this package."""

    status, code, title = 409, "recharge.provider_unavailable", "This provider is not available"


class OrderState(Problem):
    """The order is past what is asked. Extra: `order_status`."""

    status, code, title = 409, "recharge.order_state", "The order is not in a state for this"


class PurchaseMismatch(Problem):
    """The purchase is not this order's: another's, another product, another amount."""

    status, code = 409, "recharge.purchase_mismatch"
    title = "The purchase does not belong to this order"


class PurchaseUsed(Problem):
    """The purchase has paid for another order already."""

    status, code = 409, "recharge.purchase_used"
    title = "This purchase has paid for another order"
