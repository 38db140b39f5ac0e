"""Messages in rooms; those between two people are in `conversations`.

Owns ``messages`` and ``room_message_counters``. Promises: each room's messages carry a gapless
`seq` of their own; a message sent again with its client id is the same message; a deleted one
stays in its place, without its words, so that whoever was away hears of it. Locks: the
sender's stay in the room (shared: nobody speaks after he left), his bucket of the limit, then
the room's counter.
"""
