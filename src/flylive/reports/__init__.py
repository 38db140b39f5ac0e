"""What people report to the staff: somebody, a room, a message, an agency.

Owns ``reports``. Promises: a report keeps what its subject showed at that moment, whatever is
deleted or changed afterwards; who is reported is not told, nor by whom; one open report for each
reporter and subject. Locks: the reporter's limit, then nothing.
"""
