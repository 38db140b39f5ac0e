"""Frames and themes: what users own, wear and set on their rooms.

Owns ``frames``, ``frame_user``, ``themes`` and ``theme_user``.
"""
