"""Keeping order in a room: moderators, who is silenced, who is kicked out and for how long.

Owns ``room_moderators``, ``room_mutes`` and ``room_bans``. Whoever runs a room may do so from
outside too. All writes hold the room's row, as every change inside a room does.
"""
