"""Streams of facts, values, and the bus that hints at them.

Owns ``streams``, ``stream_events``, ``realtime_tickets`` and ``presence``. The commit is the
truth and the bus a hint: an event is a row, written in the transaction that makes the fact,
with the stream's next sequence; whoever misses a hint reads the rows. Stream counters are
locked last in a transaction, by name.
"""

from flylive.realtime.streams import Event, record, record_value, room_stream, user_stream

__all__ = ["Event", "record", "record_value", "room_stream", "user_stream"]
