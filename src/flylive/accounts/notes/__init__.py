"""What staff write down about a person for each other, such as what was agreed with him.

Owns ``staff_notes``: only added to, as the audit log is. The person never sees them.
"""
