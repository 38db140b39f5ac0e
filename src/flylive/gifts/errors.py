"""Why a gift is not sent; nothing is charged."""

from flylive.errors import Forbidden, InvalidRequest, NotFound, Problem, Unavailable


class UnknownGift(NotFound):
    """No such gift in the catalogue."""

    code, title = "gift.not_found", "There is no such gift"


class GiftInactive(Problem):
    """The gift was taken out of the catalogue."""

    status, code, title = 409, "gift.inactive", "This gift is no longer given"


class PaysTooMuch(Problem):
    """The odds would pay more than they may, with the share and rate of today.

    Extras, when it is saved: `expected_return`, `highest_return`, exact fractions of the cost.
    """

    status, code, title = 409, "gift.pays_too_much", "This gift would pay back too much"


class VipRequired(Forbidden):
    """The sender's VIP level is too low. Extras: `vip_level`, `vip_level_required`."""

    code, title = "gift.vip_required", "Your VIP level is too low for this gift"


class WrongCountry(Forbidden):
    """The gift belongs to another country than the sender's. Extra: `country_specific`."""

    code, title = "gift.wrong_country", "This gift is not given from your country"


class RecipientUnavailable(Forbidden):
    """The recipient takes no gift from the sender; why is not told. Extra: `recipient_id`."""

    code, title = "gift.recipient_unavailable", "This user cannot be given gifts"


class RecipientNotInRoom(Problem):
    """A recipient is not in the room. Extra: `recipient_id`."""

    status, code, title = 409, "gift.recipient_not_in_room", "The recipient is not in the room"


class SenderNotInRoom(Problem):
    """The sender is not in the room."""

    status, code, title = 409, "gift.sender_not_in_room", "Join the room before you give there"


class DuplicateRecipient(InvalidRequest):
    """A recipient is named twice."""

    code, title = "gift.duplicate_recipient", "A recipient is named twice"


class GiftToOneself(InvalidRequest):
    """The sender is among the recipients."""

    code, title = "gift.to_oneself", "Nobody gives to himself"


class QueueFull(Unavailable):
    """Too many gifts wait in this process; send the same request again."""

    code, title = "gift.queue_full", "Too many gifts at once; try again in a moment"
