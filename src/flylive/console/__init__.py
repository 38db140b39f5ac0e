"""Staff: the addresses under ``/v1/admin``, and who may do what there.

Owns no table. Rights are denied unless :mod:`flylive.console.rules` gives them. Each act holds
the lock over who is staff, then actor and subject by id (:func:`flylive.console.guard.begin`), and
leaves an entry in the audit log in the same transaction.
"""
