"""Taking over a database of the Laravel project, with the seed's tables as Laravel left them.

Owns nothing: it fills the tables of all slices once, before they serve. One transaction: the
old tables move to the schema ``laravel`` as they are, the versions of ``migrations/`` make ours,
every row is carried over under its own id, and the proof of the money runs before the commit.
Whatever fails, nothing has changed. A dry run does the same beside the old tables, under a
snapshot, and rolls back: what it reports is what happened.
"""
