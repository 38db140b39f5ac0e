"""What may not be written: words and links, in a room and on the whole platform; repeats.

Owns ``message_filters``: one row for a room that has one, and one for the platform. What is
refused is refused with its reason, before anything is written.
"""
