"""What the platform tells its people: written by staff, for everybody or for some.

Owns ``announcements``. Promises: who is online hears of it once (`notice` on his own stream), who
comes later finds it at ``GET /v1/announcements`` for as long as it runs, and devices are notified
once of what is pushed. Told in batches by ranges of ids, each in a transaction that also keeps
how far it came, so that a worker which is killed tells nobody twice and leaves nobody out.
Locks: the announcement, then streams.
"""
