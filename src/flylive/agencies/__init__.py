"""Agencies: hosts who earn together, and the commission on their gifts.

Owns ``agencies``, ``agency_earnings`` and ``agency_member_requests``. Locks agencies by id,
after users.
"""
