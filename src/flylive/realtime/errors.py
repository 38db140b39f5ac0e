"""What realtime refuses over HTTP."""

from flylive.errors import Problem


class StreamTooOld(Problem):
    """The position is not in the stream any more, or never was; `epoch` and `seq` are where
    it stands now. Fetch the state afresh and go on from there.
    """

    status, code = 410, "stream.too_old"
    title = "The stream no longer reaches back to this position"

    def __init__(self, epoch: int, seq: int) -> None:
        super().__init__(epoch=epoch, seq=seq)


class TicketRefused(Problem):
    """The ticket is unknown, used, expired, or its access token is gone."""

    status, code = 401, "realtime.ticket_refused"
    title = "This ticket cannot be used; ask for a new one"
