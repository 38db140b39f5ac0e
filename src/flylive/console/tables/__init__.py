"""Every table that staff look at, declared: what of it is shown, and how it is found.

A filter or a sort order stands here only where an index makes it fast, however many rows there
are; a test asks the planner. What is secret (passwords, tokens, codes, seeds that are not
revealed, private messages) is no column here. Tables that staff do not look at are listed with
the reason why, so that each new table is decided about.
"""
