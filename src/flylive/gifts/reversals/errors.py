"""Why a gift is not taken back; no balance moves."""

from flylive.errors import NotFound, Problem


class UnknownGiftTransaction(NotFound):
    """No such line of a gift."""

    code, title = "gift.transaction_not_found", "There is no such gift in the history"


class AdoptedGift(Problem):
    """The gift came with an adopted database: its ledger is history and moves nothing."""

    status, code, title = 409, "gift.adopted", "This gift was given before the platform's ledger"


class GiftReversed(Problem):
    """The gift was taken back already. Extra: `reversed_at`."""

    status, code, title = 409, "gift.already_reversed", "This gift was taken back already"


class UnknownReversalRequest(NotFound):
    """Nobody asked for this gift to be taken back, or it was decided."""

    code, title = "gift.reversal_not_asked", "Nothing waits for a second person here"
