"""Guests: demo users who live in three rooms over the public API, as any client would.

``api`` is how they reach the platform and outlast its restarts, ``guest`` what one of them can
do, ``company`` what happens in a room, ``ears`` the one with a socket, ``run`` their beginning
and end.
"""
