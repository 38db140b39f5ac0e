"""Agencies: hosts who earn together under an owner, and what each earned there.

Owns ``agencies``, ``agency_member_requests``, and the columns of ``users`` that say who belongs
where; ``agency_earnings`` are written with the gifts. Locks: users by id, the agency, the
request. Promises: nobody is in two agencies, no agency holds more than its `member_limit`, one
open request per pair, whatever meets whatever.
"""
