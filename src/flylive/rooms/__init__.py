"""Rooms: who owns them, who is in them, who sits on which seat, who follows them.

Owns ``rooms``, ``room_participants``, ``room_seats`` and ``room_followers``; beside them
:mod:`moderation` and :mod:`requests` own what they name. Promises: one
active participation per user over all rooms; ``participant_count`` is the number of active
participations at any moment; one user per seat and one seat per user; every change is an
event of the room's stream, and old state plus events equals fresh state.

Locks: the advisory lock of a room's name, then the joining user, then rooms by id. Whoever
changes anything inside a room holds that room's row, and whoever puts a user into a room
holds that user's row as well; so participations and seats need no locks of their own.
"""
