"""Agencies and who asks to join; which one its owner keeps is worked out with the users."""

from flylive.adoption.plans import Change, Left, Plan, at_least_zero, one_of

_AGENCY_NAME = "left(o.name, 98 - length(o.id::text)) || ' #' || o.id"

AGENCIES = Plan(
    "agencies",
    joins="LEFT JOIN adopt_agencies w ON w.id = o.id",
    changes=(
        Change(
            "name",
            rf"""CASE WHEN o.name !~ '\S' THEN 'Agency #' || o.id WHEN w.name_place > 1
                      THEN {_AGENCY_NAME} ELSE o.name END""",
            r"w.name_place > 1 OR o.name !~ '\S'",
            "is another agency's too (but for case), or blank: gets its id behind it",
        ),
        Change(
            "commission_rate",
            "LEAST(GREATEST(COALESCE(o.commission_rate, 10), 0), 100)",
            "o.commission_rate IS NULL OR o.commission_rate NOT BETWEEN 0 AND 100",
            "is kept within 0 and 100, 10 where it was missing",
        ),
        Change(
            "member_count",
            "(SELECT count(*) FROM users u WHERE u.agency_id = o.id)",
            """COALESCE(o.member_count, -1)
               <> (SELECT count(*) FROM users u WHERE u.agency_id = o.id)""",
            "is counted anew",
        ),
        Change(
            "member_limit",
            """GREATEST(COALESCE(o.member_limit, 50), 1,
                        (SELECT count(*) FROM users u WHERE u.agency_id = o.id))""",
            """o.member_limit IS NULL OR o.member_limit < GREATEST(1,
                        (SELECT count(*) FROM users u WHERE u.agency_id = o.id))""",
            "is not below the members that there are",
        ),
        at_least_zero("total_earnings"),
        Change(
            "status",
            """CASE WHEN w.is_ownerless OR (w.status <> 'inactive' AND w.place > 1)
                    THEN 'inactive' ELSE w.status END""",
            """o.status IS NULL OR w.status <> lower(btrim(o.status)) OR (w.status <> 'inactive'
               AND (w.is_ownerless OR w.place > 1))""",
            "closed: its owner is deleted or owns another one, or the status is none that there"
            " is (active where there was none)",
        ),
    ),
)

AGENCY_MEMBER_REQUESTS = Plan(
    "agency_member_requests",
    joins="""
        LEFT JOIN (SELECT DISTINCT ON (agency_id, user_id) id FROM old_agency_member_requests
                   WHERE lower(btrim(COALESCE(status, 'pending'))) = 'pending'
                   ORDER BY agency_id, user_id, id) AS w ON w.id = o.id
    """,
    left=(
        Left(
            "lower(btrim(o.type)) NOT IN ('application', 'invitation')",
            "is neither an application nor an invitation",
        ),
    ),
    changes=(
        one_of("type", ("application", "invitation"), "application"),
        Change(
            "status",
            """CASE WHEN w.id IS NOT NULL THEN 'pending'
                    WHEN lower(btrim(o.status)) IN ('approved', 'rejected')
                    THEN lower(btrim(o.status)) ELSE 'cancelled' END""",
            """o.status IS NULL OR (w.id IS NULL
               AND lower(btrim(o.status)) NOT IN ('approved', 'rejected', 'cancelled'))""",
            "one request of a pair waits, the first one: further ones, and those whose status is"
            " none that there is, are cancelled (pending where there was none)",
        ),
        Change(
            "processed_at",
            "CASE WHEN w.id IS NULL THEN COALESCE(o.processed_at, o.created_at, now()) END",
            "(w.id IS NULL) <> (o.processed_at IS NOT NULL)",
            "what is decided has a date, and what waits has none",
        ),
    ),
)
