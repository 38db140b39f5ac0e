"""People: who they are, whom they follow, what they own, how they log in."""

from flylive.accounts.passwords import NO_PASSWORD
from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.adoption.plans import Change, Left, Plan, agencies, at_least_zero, not_blank

_USERS_WORK = r"""
    CREATE TEMP TABLE adopt_agencies ON COMMIT DROP AS
    WITH found AS (
        SELECT a.id, a.name, a.owner_id, u.agency_id AS member_of,
               u.deleted_at IS NOT NULL AS is_ownerless,
               CASE WHEN a.status IS NULL THEN 'active'
                    WHEN lower(btrim(a.status)) IN ('active', 'suspended')
                    THEN lower(btrim(a.status)) ELSE 'inactive' END AS status
        FROM old_agencies a JOIN old_users u ON u.id = a.owner_id
    )
    SELECT *, row_number() OVER (PARTITION BY owner_id, status <> 'inactive'
                                 ORDER BY status = 'active' DESC, member_of IS NOT DISTINCT FROM id
                                          DESC, id) AS place,
           row_number() OVER (PARTITION BY lower(name)
                              ORDER BY status = 'active' DESC, id) AS name_place
    FROM found;
    CREATE TEMP TABLE adopt_owners ON COMMIT DROP AS
    SELECT owner_id, id AS agency_id FROM adopt_agencies
    WHERE status <> 'inactive' AND place = 1 AND NOT is_ownerless;
    ANALYZE adopt_agencies; ANALYZE adopt_owners;

    CREATE TEMP TABLE adopt_reached ON COMMIT DROP AS
    SELECT h.user_id, l.type, max(l.level_number) AS level_number
    FROM old_user_levels h JOIN levels l ON l.id = h.level_id
    WHERE l.type IN ('wealth', 'charm') GROUP BY h.user_id, l.type;
    ANALYZE adopt_reached;

    CREATE TEMP TABLE adopt_users ON COMMIT DROP AS
    WITH cleaned AS (
        SELECT o.id, o.deleted_at IS NULL AS is_here,
               CASE WHEN btrim(o.email) ~ '^[^@\s]+@[^@\s]+$' THEN btrim(o.email) END AS email,
               CASE WHEN o.phone ~ '^\+[1-9][0-9]{6,14}$' THEN o.phone ELSE p.phone END
                   AS phone, p.phone IS NULL AS is_whole,
               o.email_verified_at IS NOT NULL AS is_verified, o.last_active_at,
               CASE WHEN o.social_provider_id ~ '\S'
                     AND lower(btrim(o.social_provider)) IN ('google', 'facebook')
                    THEN lower(btrim(o.social_provider)) END AS provider,
               o.social_provider_id AS provider_id, COALESCE(s.signature, o.signature) AS signature,
               CASE WHEN o.deleted_at IS NULL THEN COALESCE(mine.id, own.agency_id) END
                   AS agency_id,
               own.agency_id AS owned_id, lower(btrim(o.agency_role)) AS role,
               {levels}
        FROM old_users o
        LEFT JOIN adopt_phones p ON p.id = o.id
        LEFT JOIN adopt_signatures s ON s.id = o.id
        LEFT JOIN adopt_agencies mine ON mine.id = o.agency_id
        LEFT JOIN adopt_owners own ON own.owner_id = o.id
    )
    SELECT *, row_number() OVER (PARTITION BY is_here, lower(email) ORDER BY is_verified DESC,
                                 last_active_at DESC NULLS LAST, id) AS email_place,
           row_number() OVER (PARTITION BY is_here, phone ORDER BY is_whole DESC,
                              last_active_at DESC NULLS LAST, id) AS phone_place,
           row_number() OVER (PARTITION BY is_here, provider, provider_id
                              ORDER BY last_active_at DESC NULLS LAST, id) AS provider_place
    FROM cleaned;
    ALTER TABLE adopt_users ADD PRIMARY KEY (id);
    ANALYZE adopt_users;
"""
_LEVEL = """
               (SELECT l.id FROM levels l
                WHERE l.type = '{kind}' AND l.is_active
                  AND (l.required_xp <= GREATEST(COALESCE(o.{kind}_xp, 0), 0)
                       OR l.level_number <= GREATEST(
                           (SELECT f.level_number FROM levels f
                            WHERE f.id = o.{kind}_level_id AND f.type = '{kind}'),
                           (SELECT r.level_number FROM adopt_reached r
                            WHERE r.user_id = o.id AND r.type = '{kind}')))
                ORDER BY l.level_number DESC LIMIT 1) AS {kind}_level_id"""
_HAS_MAIL = "(w.email IS NOT NULL AND (w.email_place = 1 OR NOT w.is_here))"
_HAS_PHONE = "(w.phone IS NOT NULL AND (w.phone_place = 1 OR NOT w.is_here))"
_HAS_PROVIDER = "(w.provider IS NOT NULL AND (w.provider_place = 1 OR NOT w.is_here))"
_HASH = r"^\$(2[abxy]|argon2(id|i|d))\$"


def _level(kind: str) -> Change:
    return Change(
        f"{kind}_level_id",
        f"w.{kind}_level_id",
        f"w.{kind}_level_id IS DISTINCT FROM o.{kind}_level_id",
        "is the highest that his XP, his level or his history had reached; nothing is paid for it",
    )


USERS = Plan(
    "users",
    prepare=(
        _USERS_WORK.replace(
            "{levels}", ",".join(_LEVEL.format(kind=kind) for kind in ("wealth", "charm"))
        ),
    ),
    joins="""
        JOIN adopt_users w ON w.id = o.id LEFT JOIN adopt_countries c ON c.found = o.country
    """,
    omitted=frozenset(("coin_balance", "diamond_balance", "total_spent", "total_received")),
    changes=(
        not_blank("name", "'User ' || w.signature"),
        Change(
            "email",
            f"CASE WHEN {_HAS_MAIL} THEN w.email END",
            r"o.email ~ '\S' AND w.email IS NULL",
            "is no e-mail address: becomes NULL",
        ),
        Change(
            "email",
            None,
            "w.is_here AND w.email IS NOT NULL AND w.email_place > 1",
            "is somebody else's too (but for case): stays with who proved it, else with who was"
            " here last; becomes NULL here, and he logs in by phone or signature",
        ),
        Change(
            "phone",
            f"CASE WHEN {_HAS_PHONE} THEN w.phone END",
            r"o.phone ~ '\S' AND w.phone IS NULL",
            "is no phone number of his country nor an international one: becomes NULL",
        ),
        Change("phone", None, "w.phone <> o.phone", "is written as E.164"),
        Change(
            "phone",
            None,
            "w.is_here AND w.phone IS NOT NULL AND w.phone_place > 1",
            "is somebody else's too: stays with who wrote it whole, else with who was here last;"
            " becomes NULL here",
        ),
        Change(
            "signature",
            "w.signature",
            "w.signature <> o.signature",
            "is not made of digits, or given twice: a new one is given",
        ),
        Change(
            "password",
            f"CASE WHEN o.password ~ '{_HASH}' THEN o.password ELSE '{NO_PASSWORD}' END",
            f"o.password !~ '{_HASH}'",
            "is no hash by bcrypt or argon2: nobody can log in by it, he asks for a new one",
        ),
        Change(
            "dob",
            "GREATEST(o.dob, DATE '1900-01-01')",
            "o.dob < DATE '1900-01-01' OR o.dob IS NULL",
            "is before 1900, or none: becomes 1900-01-01",
        ),
        Change(
            "gender",
            "CASE WHEN o.gender BETWEEN 1 AND 3 THEN o.gender ELSE 3 END",
            "o.gender NOT BETWEEN 1 AND 3",
            "is neither 1, 2 nor 3: becomes 3",
        ),
        Change(
            "country",
            "COALESCE(c.code, 'ZZ')",
            "c.code = 'ZZ' OR c.code IS NULL",
            "is no ISO 3166-1 code: becomes ZZ, which is nowhere",
        ),
        Change("country", None, "c.code <> o.country AND c.code <> 'ZZ'", "is written as alpha-2"),
        *(
            Change(
                column,
                None,
                f"o.{column} IS NULL OR o.{column} < 0",
                f"is missing or below zero: becomes 0{debt}",
            )
            for column, debt in (
                ("coin_balance", ", and what is below as a debt"),
                ("diamond_balance", ""),
                ("total_spent", ""),
                ("total_received", ""),
            )
        ),
        at_least_zero("wealth_xp"),
        at_least_zero("charm_xp"),
        _level("wealth"),
        _level("charm"),
        Change(
            "agency_id",
            "w.agency_id",
            "w.agency_id IS DISTINCT FROM o.agency_id",
            "the owner is a member of his agency; who is deleted, or whose agency is not there,"
            " is in none",
        ),
        Change(
            "agency_id",
            None,
            "w.is_here AND w.owned_id <> w.agency_id",
            "owns one agency and is a member of another: left so",
        ),
        Change(
            "agency_role",
            """CASE WHEN w.agency_id IS NULL THEN 'member' WHEN w.agency_id = w.owned_id
                    THEN 'admin' WHEN w.role IN ('admin', 'moderator') THEN 'moderator'
                    ELSE 'member' END""",
            """w.agency_id IS NOT NULL AND o.agency_role IS DISTINCT FROM
               CASE WHEN w.agency_id = w.owned_id THEN 'admin'
                    WHEN w.role IN ('admin', 'moderator') THEN 'moderator' ELSE 'member' END""",
            "the owner is the admin, and no one else is",
        ),
        Change(
            "agency_joined_at",
            """CASE WHEN w.agency_id IS NOT NULL
                    THEN COALESCE(o.agency_joined_at, o.created_at, now()) END""",
            "w.agency_id IS NOT NULL AND o.agency_joined_at IS NULL",
            "is missing: the day he registered",
        ),
        Change(
            "vip_level",
            "LEAST(GREATEST(COALESCE(o.vip_level, 0), 0), 7)",
            "o.vip_level IS NULL OR o.vip_level NOT BETWEEN 0 AND 7",
            "is kept within 0 and 7",
        ),
        Change(
            "vip_expires_at",
            """CASE WHEN o.vip_level > 0 THEN COALESCE(o.vip_expires_at,
                    now() + interval '30 days') ELSE o.vip_expires_at END""",
            "o.vip_level > 0 AND o.vip_expires_at IS NULL",
            "VIP without an end: ends 30 days after the adoption",
        ),
        Change(
            "social_provider",
            f"CASE WHEN {_HAS_PROVIDER} THEN w.provider END",
            "COALESCE(o.social_provider, o.social_provider_id) IS NOT NULL AND w.provider IS NULL",
            "is no provider that there is, or half of one: becomes NULL",
        ),
        Change(
            "social_provider",
            None,
            "w.is_here AND w.provider IS NOT NULL AND w.provider_place > 1",
            "the same identity opens another account, of who was here last: becomes NULL here",
        ),
        Change("social_provider_id", f"CASE WHEN {_HAS_PROVIDER} THEN o.social_provider_id END"),
        Change(
            "is_blocked",
            "COALESCE(o.is_blocked, false)",
            "o.is_blocked IS NULL",
            "is missing: becomes false",
        ),
        Change(
            "blocked_at",
            "CASE WHEN o.is_blocked THEN COALESCE(o.blocked_at, o.updated_at, now()) END",
            "COALESCE(o.is_blocked, false) <> (o.blocked_at IS NOT NULL)",
            "who is blocked has a date, and no one else",
        ),
        Change(
            "email_verified_at",
            f"CASE WHEN {_HAS_MAIL} THEN o.email_verified_at END",
            f"o.email_verified_at IS NOT NULL AND NOT {_HAS_MAIL}",
            "goes with its e-mail address",
        ),
    ),
    after=(
        """
        INSERT INTO user_identities (user_id, provider, provider_id, email, created_at)
        SELECT id, social_provider, social_provider_id, email, created_at FROM users
        WHERE social_provider IS NOT NULL AND deleted_at IS NULL
        """,
    ),
)

FOLLOWERS = Plan("user_followers", required=frozenset(("follower_id", "following_id")))
BLOCKS = Plan("user_blocks")

TOKENS = Plan(
    "personal_access_tokens",
    left=(
        Left(
            r"o.tokenable_type NOT IN ('App\Models\User', 'App\User', 'User', 'user')",
            "opens something else than a user's account",
        ),
        Left(
            "NOT EXISTS (SELECT FROM users u WHERE u.id = o.tokenable_id)",
            "opens the account of nobody",
        ),
        Left("o.token !~ '^[0-9a-f]{64}$'", "is not hashed as Sanctum does"),
    ),
    changes=(
        Change(
            "tokenable_type",
            f"'{TOKENABLE_TYPE}'",
            f"o.tokenable_type <> '{TOKENABLE_TYPE}'",
            f"is written as {TOKENABLE_TYPE}",
        ),
        Change(
            "abilities",
            "o.abilities",
            """o.abilities !~ '"\\*"'""",
            "does not open everything (*): such a token opens nothing here",
        ),
    ),
)

USER_LEVELS = Plan(
    "user_levels",
    prepare=(
        """
        CREATE TEMP TABLE adopt_user_levels ON COMMIT DROP AS
        SELECT h.id, l.type, l.type <> 'vip' AND row_number() OVER (
                   PARTITION BY h.user_id, h.level_id ORDER BY h.achieved_at NULLS LAST, h.id) > 1
                   AS is_again,
               CASE WHEN l.type IN ('wealth', 'charm') THEN l.id IS NOT DISTINCT FROM
                         CASE l.type WHEN 'wealth' THEN u.wealth_level_id ELSE u.charm_level_id END
                    ELSE COALESCE(h.is_active, true) END AS is_active,
               row_number() OVER (PARTITION BY h.user_id, l.type, COALESCE(h.is_active, true)
                                  ORDER BY l.level_number DESC, h.achieved_at DESC NULLS LAST,
                                           h.id DESC) AS place
        FROM old_user_levels h JOIN levels l ON l.id = h.level_id JOIN users u ON u.id = h.user_id;
        ALTER TABLE adopt_user_levels ADD PRIMARY KEY (id);
        ANALYZE adopt_user_levels;
        """,
    ),
    joins="LEFT JOIN adopt_user_levels w ON w.id = o.id",
    left=(Left("w.is_again", "is a level that he reached before"),),
    changes=(
        Change("type", "w.type", "o.type IS DISTINCT FROM w.type", "becomes the type of its level"),
        at_least_zero("current_xp"),
        Change(
            "is_active",
            "w.is_active AND (w.type IN ('wealth', 'charm') OR w.place = 1)",
            "o.is_active IS DISTINCT FROM"
            " (w.is_active AND (w.type IN ('wealth', 'charm') OR w.place = 1))",
            "one level of a type is active: the one that the account shows, else the highest",
        ),
    ),
    after=(
        """
        INSERT INTO user_levels (user_id, level_id, type, current_xp, achieved_at, is_active)
        SELECT u.id, l.id, l.type, CASE l.type WHEN 'wealth' THEN u.wealth_xp ELSE u.charm_xp END,
               now(), true
        FROM users u JOIN levels l ON l.id IN (u.wealth_level_id, u.charm_level_id)
        WHERE l.level_number > 1
          AND NOT EXISTS (SELECT FROM user_levels h WHERE h.user_id = u.id AND h.level_id = l.id)
        """,
    ),
)

USER_BADGES = Plan("user_badges")

FRAME_USER = Plan(
    "frame_user",
    joins="""
        LEFT JOIN (SELECT DISTINCT ON (user_id) id FROM old_frame_user WHERE is_active
                   ORDER BY user_id, activated_at DESC NULLS LAST, id DESC) AS w ON w.id = o.id
    """,
    changes=(
        Change(
            "quantity",
            "GREATEST(COALESCE(o.quantity, 1), 1)",
            "COALESCE(o.quantity, 0) < 1",
            "becomes 1: who owns a frame owns one",
        ),
        Change(
            "is_active",
            "w.id IS NOT NULL",
            "o.is_active IS NULL OR (o.is_active AND w.id IS NULL)",
            "one frame is active: the one put on last",
        ),
    ),
)

BEFORE = (USERS, agencies.AGENCIES, FOLLOWERS, BLOCKS, TOKENS)
AFTER = (USER_LEVELS, USER_BADGES, FRAME_USER, agencies.AGENCY_MEMBER_REQUESTS)
