"""What stands in the database about rooms, so that a refusal can be shown to change nothing."""

from typing import Any

from tests.world import World

TABLES = {
    "rooms": "id",
    "room_participants": "id",
    "room_seats": "room_id, seat_number",
    "room_followers": "id",
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
    """Counts are those of the rows, streams have no gap, and no seat stands outside its room."""
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
        SELECT p.id FROM room_participants p JOIN rooms r ON r.id = p.room_id
        WHERE p.is_active AND (p.seat_number > r.mic_seat_quantity
              OR (p.role = 'speaker') <> (p.seat_number IS NOT NULL AND p.user_id <> r.user_id))
        """
    )
    assert misplaced == []
