"""What agencies tell, on people's own streams.

Of one's own membership and open requests (``GET /me``, ``GET /me/agency-requests``):

- ``agency.requested``: `request` is open from now on, if it is about oneself;
- ``agency.updated``: where `user_id` is oneself, `membership` is one's own from now on, and
  `request`, where there is one, is no longer open.

Who runs the agency is told the same about its people.
"""

from decimal import Decimal

from flylive.agencies.schemas import AgencyMembership, AgencyRequestView
from flylive.realtime import Event


class AgencyRequested(Event, tag="agency.requested", kw_only=True, frozen=True):
    """Somebody applied or was invited."""

    request: AgencyRequestView


class AgencyUpdated(Event, tag="agency.updated", kw_only=True, frozen=True):
    """Something changed between a user and an agency.

    `reason`: joined, left, removed, role, edited, closed, suspended, reopened, or what became of
    `request`: rejected, cancelled. `commission_rate` is the agency's of now.
    """

    agency_id: int
    user_id: int
    reason: str
    membership: AgencyMembership | None
    commission_rate: Decimal
    status: str
    request: AgencyRequestView | None = None
