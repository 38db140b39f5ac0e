"""What the two commands start: the embedded PostgreSQL and the processes of ``up``.

Owns the data folder's ``postgres/`` (the cluster), ``postgres.json`` (port and passwords,
readable by its owner alone), ``postgres.log`` and the lock files. Promises: nothing that is
started here outlives the process that started it; data survives kill -9 of anything; two
servers never run on one data folder.
"""
