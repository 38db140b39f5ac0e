"""Requests for seats: applications of those who want one, invitations by whoever runs the room.

Owns ``seat_requests``. All writes hold the room's row, so a request needs no lock of its own;
at most one of each kind waits for a person in a room, by a partial unique index.
"""
