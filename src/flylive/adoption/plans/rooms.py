"""Rooms: everybody is out, moderators stay moderators, messages get their places."""

from flylive.accounts.passwords import NO_PASSWORD
from flylive.adoption.plans import Change, Left, Plan, at_least_zero, between, one_of
from flylive.rooms.rules import DEFAULT_LOGO, MAX_CAPACITY, MAX_NAME, MIN_CAPACITY

_ROOMS_WORK = """
    CREATE TEMP TABLE adopt_rooms ON COMMIT DROP AS
    SELECT o.id, u.deleted_at AS owner_deleted_at,
           CASE WHEN lower(btrim(o.type)) IN ('public', 'private') THEN lower(btrim(o.type))
                WHEN COALESCE(o.password, '') <> '' THEN 'private' ELSE 'public' END AS type,
           row_number() OVER (
               PARTITION BY lower(o.name), COALESCE(o.deleted_at, u.deleted_at) IS NULL
               ORDER BY o.status = 'active' DESC NULLS LAST, o.total_coins_spent DESC NULLS LAST,
                        o.id) AS name_place,
           (SELECT max(l.level_number) FROM levels l
            WHERE l.type = 'room' AND l.is_active
              AND (l.required_xp <= GREATEST(COALESCE(o.room_xp, 0), 0)
                   OR l.level_number <= COALESCE(o.room_level, 1))) AS room_level
    FROM old_rooms o LEFT JOIN old_users u ON u.id = o.user_id;
    ALTER TABLE adopt_rooms ADD PRIMARY KEY (id);
    ANALYZE adopt_rooms;

    CREATE TEMP TABLE adopt_moderators ON COMMIT DROP AS
    WITH latest AS (
        SELECT DISTINCT ON (room_id, user_id) room_id, user_id, lower(btrim(role)) AS role,
               joined_at
        FROM old_room_participants
        ORDER BY room_id, user_id, joined_at DESC NULLS LAST, id DESC
    )
    SELECT l.room_id, l.user_id, l.joined_at,
           row_number() OVER (PARTITION BY l.room_id ORDER BY l.joined_at DESC NULLS LAST,
                              l.user_id) AS place
    FROM latest l JOIN old_rooms r ON r.id = l.room_id JOIN old_users u ON u.id = l.user_id
    WHERE l.role = 'moderator' AND l.user_id <> r.user_id AND u.deleted_at IS NULL
      AND r.deleted_at IS NULL;
    DELETE FROM adopt_moderators
    WHERE place > current_setting('flylive.moderators_per_room')::bigint;
    ANALYZE adopt_moderators;
"""
_IS_GONE = "COALESCE(o.deleted_at, w.owner_deleted_at) IS NOT NULL"
_KEPT = "(SELECT count(*) + 2 FROM adopt_moderators m WHERE m.room_id = o.id)"
_HAS_WORD = r"(o.password ~ '\S')"

ROOMS = Plan(
    "rooms",
    prepare=(_ROOMS_WORK,),
    joins="""
        LEFT JOIN adopt_rooms w ON w.id = o.id LEFT JOIN adopt_countries c ON c.found = o.country
        LEFT JOIN adopt_room_passwords p ON p.id = o.id
        LEFT JOIN adopt_room_sums s ON s.room_id = o.id
    """,
    changes=(
        Change(
            "name",
            rf"""CASE WHEN o.name !~ '\S' THEN 'Room #' || o.id WHEN w.name_place > 1
                      AND NOT {_IS_GONE}
                      THEN left(o.name, {MAX_NAME - 2} - length(o.id::text)) || ' #' || o.id
                      ELSE o.name END""",
            rf"(w.name_place > 1 AND NOT {_IS_GONE}) OR o.name !~ '\S'",
            "is another room's too (but for case), or blank: gets its id behind it",
        ),
        Change(
            "logo",
            rf"CASE WHEN o.logo ~ '\S' THEN o.logo ELSE '{DEFAULT_LOGO}' END",
            words="is blank: the platform's own",
        ),
        Change(
            "type",
            "w.type",
            "w.type IS DISTINCT FROM o.type",
            "is neither public nor private: private where there is a password",
        ),
        Change(
            "password",
            f"CASE WHEN w.type = 'private' THEN COALESCE(p.hash, '{NO_PASSWORD}') END",
            f"w.type = 'private' AND {_HAS_WORD} AND NOT {_IS_GONE}",
            "stood there in plain text: is kept as an argon2id hash",
        ),
        Change(
            "password",
            None,
            f"w.type = 'private' AND COALESCE(NOT {_HAS_WORD}, true) AND NOT {_IS_GONE}",
            "a private room without a password: only its owner and moderators enter, until he"
            " sets one",
        ),
        Change(
            "password",
            None,
            f"w.type = 'public' AND {_HAS_WORD}",
            "a public room has none: it is left out",
        ),
        Change(
            "country",
            "COALESCE(c.code, 'ZZ')",
            "c.code IS DISTINCT FROM o.country",
            "is written as ISO 3166-1 alpha-2; ZZ where it is no code",
        ),
        between("mic_seat_quantity", 1, 30, 5),
        Change(
            "max_participants",
            f"LEAST(GREATEST(COALESCE(o.max_participants, 1000), {_KEPT}, {MIN_CAPACITY}),"
            f" {MAX_CAPACITY})",
            f"o.max_participants IS NULL OR o.max_participants > {MAX_CAPACITY}"
            f" OR o.max_participants < GREATEST({_KEPT}, {MIN_CAPACITY})",
            "is kept within 2 and 10,000, and above the owner's and moderators' own places",
        ),
        Change("participant_count", "0", words="everybody is out"),
        at_least_zero("total_coins_spent"),
        *(
            Change(
                f"{span}_coins_spent",
                f"COALESCE(s.{span}, 0)",
                f"COALESCE(o.{span}_coins_spent, -1) <> COALESCE(s.{span}, 0)",
                "is counted anew from the gifts of the running day, week, month",
            )
            for span in ("daily", "weekly", "monthly")
        ),
        Change("metrics_day", "current_setting('flylive.today')::date"),
        Change(
            "room_level",
            "COALESCE(w.room_level, GREATEST(o.room_level, 1))",
            "o.room_level IS DISTINCT FROM COALESCE(w.room_level, GREATEST(o.room_level, 1))",
            "is the highest level that its XP or its level had reached; nothing is paid for it",
        ),
        at_least_zero("room_xp"),
        at_least_zero("popularity_index"),
        Change(
            "status",
            """CASE WHEN w.owner_deleted_at IS NOT NULL THEN 'inactive'
                    WHEN o.status IS NULL THEN 'active'
                    WHEN lower(btrim(o.status)) IN ('active', 'inactive', 'suspended')
                    THEN lower(btrim(o.status)) ELSE 'inactive' END""",
            "COALESCE(lower(btrim(o.status)) NOT IN ('active', 'inactive', 'suspended'), true)",
            "is no status that there is: becomes inactive, active where there was none",
        ),
        Change(
            "deleted_at",
            "COALESCE(o.deleted_at, w.owner_deleted_at)",
            "o.deleted_at IS NULL AND w.owner_deleted_at IS NOT NULL",
            "its owner's account is deleted: the room is closed with it",
        ),
    ),
    after=(
        """
        INSERT INTO room_moderators (room_id, user_id, appointed_at)
        SELECT m.room_id, m.user_id, COALESCE(m.joined_at, now())
        FROM adopt_moderators m JOIN rooms r ON r.id = m.room_id
        WHERE r.deleted_at IS NULL
        """,
    ),
)

PARTICIPANTS = Plan(
    "room_participants",
    changes=(
        one_of("role", ("moderator", "speaker", "listener"), "listener"),
        Change(
            "seat_number",
            "CASE WHEN o.seat_number BETWEEN 1 AND 30 THEN o.seat_number END",
            "o.seat_number NOT BETWEEN 1 AND 30",
            "is no seat: becomes NULL",
        ),
        Change(
            "seat_taken_at",
            "CASE WHEN o.seat_number BETWEEN 1 AND 30 THEN COALESCE(o.joined_at, now()) END",
        ),
        Change(
            "left_at",
            "COALESCE(o.left_at, now())",
            "o.left_at IS NULL AND NOT o.is_active",
            "had left, nobody wrote when: the day of the adoption",
        ),
        Change(
            "is_active",
            "false",
            "COALESCE(o.is_active, true)",
            "everybody is out: who has the app open comes in again",
        ),
    ),
)

ROOM_FOLLOWERS = Plan("room_followers")

_TYPES = ("text", "image", "audio", "file", "system", "gift_notification")
_KIND = """(CASE WHEN lower(btrim(o.attachment_type)) IN ('image', 'audio', 'file')
                 THEN lower(btrim(o.attachment_type))
                 WHEN lower(btrim(o.message_type)) IN ('image', 'audio')
                 THEN lower(btrim(o.message_type)) ELSE 'file' END)"""

MESSAGES = Plan(
    "messages",
    left=(
        Left("o.sender_id = o.recipient_id", "was written by somebody to himself"),
        Left(
            "(o.room_id IS NULL) = (o.recipient_id IS NULL)",
            "goes to a room and a person at once, or to neither",
        ),
    ),
    required=frozenset(("room_id", "recipient_id")),
    changes=(
        Change(
            "seq",
            """row_number() OVER (
                PARTITION BY o.room_id,
                    CASE WHEN o.room_id IS NULL THEN LEAST(o.sender_id, o.recipient_id) END,
                    CASE WHEN o.room_id IS NULL THEN GREATEST(o.sender_id, o.recipient_id) END
                ORDER BY o.sent_at NULLS FIRST, o.id)""",
        ),
        Change(
            "content",
            "left(o.content, 2000)",
            "char_length(o.content) > 2000",
            "is longer than 2,000 characters: cut, whole in the old table",
        ),
        one_of("message_type", _TYPES, "text"),
        Change(
            "attachment_type",
            f"CASE WHEN o.attachment_url IS NOT NULL THEN {_KIND} END",
            f"o.attachment_type IS DISTINCT FROM"
            f" CASE WHEN o.attachment_url IS NOT NULL THEN {_KIND} END",
            "is image, audio or file, and goes with an address",
        ),
        Change("is_read", "COALESCE(o.is_read, false) OR o.read_at IS NOT NULL"),
        Change(
            "read_at",
            "CASE WHEN o.is_read OR o.read_at IS NOT NULL"
            " THEN COALESCE(o.read_at, o.sent_at, now()) END",
            "COALESCE(o.is_read, false) <> (o.read_at IS NOT NULL)",
            "what is read has a date: that of sending where there was none",
        ),
    ),
    after=(
        """
        INSERT INTO room_message_counters (room_id, seq)
        SELECT room_id, max(seq) FROM messages WHERE room_id IS NOT NULL GROUP BY room_id
        """,
        """
        UPDATE messages m SET is_read = true, read_at = m.sent_at
        FROM (
            SELECT recipient_id, sender_id, max(seq) AS seq FROM messages
            WHERE recipient_id IS NOT NULL AND is_read GROUP BY 1, 2
        ) mark
        WHERE m.recipient_id = mark.recipient_id AND m.sender_id = mark.sender_id
          AND m.seq < mark.seq AND NOT m.is_read
        """,
        """
        INSERT INTO conversations (low_user_id, high_user_id, seq)
        SELECT LEAST(sender_id, recipient_id), GREATEST(sender_id, recipient_id), max(seq)
        FROM messages WHERE recipient_id IS NOT NULL GROUP BY 1, 2
        """,
        """
        INSERT INTO conversation_members
            (user_id, other_id, last_message_id, sent_count, read_seq, unread_count)
        SELECT user_id, other_id, (array_agg(id ORDER BY seq DESC))[1],
               count(*) FILTER (WHERE is_own),
               COALESCE(max(seq) FILTER (WHERE is_read AND NOT is_own), 0),
               count(*) FILTER (WHERE NOT is_read AND NOT is_own AND NOT is_deleted)
        FROM (
            SELECT id, seq, is_read, is_deleted, sender_id AS user_id, recipient_id AS other_id,
                   true AS is_own FROM messages WHERE recipient_id IS NOT NULL
            UNION ALL
            SELECT id, seq, is_read, is_deleted, recipient_id, sender_id, false
            FROM messages WHERE recipient_id IS NOT NULL
        ) m GROUP BY user_id, other_id
        """,
    ),
)

PLANS = (ROOMS, PARTICIPANTS, ROOM_FOLLOWERS)
