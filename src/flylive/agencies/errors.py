"""Why something about an agency is refused; nothing is changed."""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownAgency(NotFound):
    """No such agency."""

    code, title = "agency.not_found", "There is no such agency"


class UnknownAgencyRequest(NotFound):
    """No such request, or not to be seen by the caller."""

    code, title = "agency_request.not_found", "There is no such request"


class NotAMember(NotFound):
    """The user is not in this agency."""

    code, title = "agency.not_a_member", "This user is not in the agency"


class AgencyNameTaken(Problem):
    """Names of agencies are unique, whatever their case."""

    status, code, title = 409, "agency.name_taken", "An agency of this name exists already"


class AlreadyInAgency(Problem):
    """Nobody is in two agencies. Extras: `user_id`, `agency_id`."""

    status, code, title = 409, "agency.already_member", "This user is in an agency already"


class EmailNotVerified(Problem):
    """A founder must be reachable: his e-mail has to be verified first."""

    status, code, title = 409, "agency.email_not_verified", "Verify the e-mail address first"


class AgencyFull(Problem):
    """As many are in it as may be. Extra: `member_limit`."""

    status, code, title = 409, "agency.full", "The agency has as many members as it may"


class NotRecruiting(Problem):
    """The agency takes no applications."""

    status, code = 409, "agency.not_recruiting"
    title = "The agency takes no applications at the moment"


class AgencyNotActive(Problem):
    """It was closed by its owner or suspended by staff. Extra: `agency_status`."""

    status, code, title = 409, "agency.not_active", "The agency is not active"


class RequestPending(Problem):
    """Something waits between the two already. Extra: `request_id`."""

    status, code, title = (
        409,
        "agency_request.pending",
        "A request between the two is waiting already",
    )


class RequestDecided(Problem):
    """It was answered or withdrawn already. Extra: `request_status`."""

    status, code, title = 409, "agency_request.decided", "This request was decided already"


class OwnerCannotLeave(Problem):
    """The owner hands the agency over or closes it first."""

    status, code, title = 409, "agency.owner_cannot_leave", "Hand the agency over or close it first"


class LimitTooSmall(Problem):
    """More are in it than the new limit lets in. Extra: `member_count`."""

    status, code, title = 409, "agency.limit_too_small", "More members are in it than that"


class AgencyOwnerOnly(Forbidden):
    """Only the agency's admin may do this."""

    code, title = "agency.admin_only", "Only the agency's admin may do this"


class AgencyStaffOnly(Forbidden):
    """Only the agency's admin and moderators may do this."""

    code, title = "agency.moderators_only", "Only who runs the agency may do this"


class NotYourRequest(Forbidden):
    """An application is answered by the agency, an invitation by who is invited."""

    code, title = "agency_request.not_yours", "The other side answers this"
