"""Why nobody proposes, accepts or parts; nothing is charged, nothing changes."""

from flylive.errors import Forbidden, InvalidRequest, NotFound, Problem


class OneRecipient(InvalidRequest):
    """A couple's gift goes to one person."""

    code, title = "couple.one_recipient", "A couple's gift is given to one person"


class AlreadyCoupled(Problem):
    """One of the two has a partner. Extra: `user_id`, whose partner it is."""

    status, code, title = 409, "couple.already_coupled", "There is a partner already"


class CoolingDown(Problem):
    """One of the two has parted lately. Extras: `user_id`, `until`."""

    status, code, title = 409, "couple.cooling_down", "It is too soon after a parting"


class RequestPending(Problem):
    """One of the two has asked already. Extras: `request_id`, `sender_id`: who asked."""

    status, code, title = 409, "couple.request_pending", "One of you has asked the other already"


class UnknownRequest(NotFound):
    """No such proposal by or to the caller."""

    code, title = "couple.request_not_found", "There is no such proposal to you"


class NotTheRecipient(Forbidden):
    """Only whom it was made to answers a proposal."""

    code, title = "couple.not_the_recipient", "Only the one who was asked can answer"


class RequestEnded(Problem):
    """The proposal is no longer open. Extra: `status`."""

    status, code, title = 409, "couple.request_ended", "This proposal is no longer open"


class NotCoupled(NotFound):
    """The caller has no partner."""

    code, title = "couple.not_found", "You have no partner"
