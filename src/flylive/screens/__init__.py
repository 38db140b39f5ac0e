"""Reads composed of several domains: the caller's own view, the public profile,
the room screen.

Owns no table and issues no write: where an address here changes something, it calls the verb
of the slice that owns it and answers with the screen.
"""
