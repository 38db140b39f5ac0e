"""Rings: people whose gifts look made to move money in circles. Found, shown, never judged here.

Owns ``ring_runs``, ``ring_findings``, ``ring_members``, ``ring_evidence`` and the work rows
``ring_edges`` and ``ring_devices``. A run goes through the gifts of the last days person by
person, in pieces, each of which moves the run's place in its own transaction: a worker that is
killed goes on where it was. What it finds waits for the staff; nobody is banned by it. Locks: the
run; findings by id, then the actor and members together by id for a hold.
"""
