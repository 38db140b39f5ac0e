"""Why a proposal is not decided; nothing of it is done."""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownProposal(NotFound):
    """No such proposal."""

    code, title = "proposal.not_found", "There is no such proposal"


class ProposalDecided(Problem):
    """It was carried out or declined already. Extra: `proposal_status`."""

    status, code, title = 409, "proposal.decided", "This proposal was decided already"


class ProposalNeedsSecond(Forbidden):
    """Whoever proposed it cannot agree to it, nor who gave him his role or got it from him."""

    code, title = "proposal.second_person", "Somebody else has to do this too"
