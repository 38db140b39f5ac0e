"""The socket gateway: a process of its own on picows, between the streams and the people.

Owns no tables and writes nothing but used-up tickets, presence and the rows of new streams.
Promises: who follows a stream gets every event in order, exactly once, or a ``resync``
frame, never a silent gap; hints of the bus make that fast, the rows make it true.

From the outside in: `upgrade` lets a request in or refuses it, `sessions` is one socket,
`subscriptions` joins a session to a stream at a place, `channels` holds what this process
knows of a stream, `delivery` reads new rows and writes them to everybody, `values` does so
for what only has a newest state, `reader` and `queries` are how all of them read,
`standing` ends sockets whose token is gone, `server` puts all of it together.
"""
