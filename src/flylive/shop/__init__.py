"""Frames and themes: what users own and wear.

Owns ``frames``, ``frame_user`` and ``themes``.
"""
