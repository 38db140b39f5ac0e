"""Messages in rooms and between two people.

Owns ``messages`` and ``room_message_counters``, whose row orders a room's messages.
"""
