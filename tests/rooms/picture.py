"""What stands in the database about rooms, so that a refusal can be shown to change nothing."""

from typing import Any

from tests.world import World

TABLES = {
    "rooms": "id",
    "room_participants": "id",
    "room_seats": "room_id, seat_number",
    "room_followers": "id",
    "room_moderators": "room_id, user_id",
    "room_mutes": "room_id, user_id",
    "room_bans": "id",
    "seat_requests": "id",
    "user_followers": "id",
    "user_blocks": "id",
    "messages": "id",
    "room_message_counters": "room_id",
    "stream_events": "stream_id, seq",
}


def picture(world: World) -> dict[str, list[Any]]:
    """Every row of those tables."""
    return {
        table: world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY {order}")
        for table, order in TABLES.items()
    }


def assert_exact(world: World) -> None:
    """Counts are those of the rows, streams have no gap, and no seat stands outside its room;
    roles are what they must be, kept places are there, and no request waits for nobody.
    """
    wrong_counts = world.sql(
        """
        SELECT r.id, r.participant_count, count(p.id)
        FROM rooms r LEFT JOIN room_participants p ON p.room_id = r.id AND p.is_active
        GROUP BY r.id HAVING r.participant_count <> count(p.id)
        """
    )
    assert wrong_counts == []
    gaps = world.sql(
        """
        SELECT s.name FROM streams s LEFT JOIN stream_events e ON e.stream_id = s.id
        GROUP BY s.id HAVING count(e.seq) <> s.seq OR COALESCE(max(e.seq), 0) <> s.seq
        """
    )
    assert gaps == []
    misplaced = world.sql(
        """
        SELECT p.id FROM room_participants p
        JOIN rooms r ON r.id = p.room_id
        LEFT JOIN room_moderators m ON m.room_id = p.room_id AND m.user_id = p.user_id
        LEFT JOIN room_mutes q ON q.room_id = p.room_id AND q.user_id = p.user_id
        WHERE p.is_active AND (
            p.seat_number > r.mic_seat_quantity
            OR r.deleted_at IS NOT NULL OR r.status <> 'active'
            OR p.is_muted <> (q.user_id IS NOT NULL)
            OR p.role <> CASE WHEN p.user_id = r.user_id THEN 'owner'
                              WHEN m.user_id IS NOT NULL THEN 'moderator'
                              WHEN p.seat_number IS NOT NULL THEN 'speaker'
                              ELSE 'listener' END)
        """
    )
    assert misplaced == []
    crowded = world.sql(
        """
        SELECT r.id FROM rooms r
        LEFT JOIN LATERAL (
            SELECT user_id FROM room_moderators m WHERE m.room_id = r.id
            UNION SELECT r.user_id
        ) AS runs ON NOT EXISTS (SELECT FROM room_participants p WHERE p.room_id = r.id
                                 AND p.user_id = runs.user_id AND p.is_active)
        WHERE r.deleted_at IS NULL
        GROUP BY r.id HAVING r.participant_count + count(runs.user_id) > r.max_participants
        """
    )
    assert crowded == []
    lost = world.sql(
        """
        SELECT q.id FROM seat_requests q
        LEFT JOIN room_participants p
               ON p.room_id = q.room_id AND p.user_id = q.user_id AND p.is_active
        WHERE q.status = 'pending' AND (p.id IS NULL OR p.seat_number IS NOT NULL)
        """
    )
    assert lost == []
