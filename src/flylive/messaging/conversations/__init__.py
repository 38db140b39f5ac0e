"""Messages between two people.

Owns ``conversations`` and ``conversation_members``. Promises: each conversation's messages carry
a gapless `seq` of their own; both sides hear of each message, deletion and read mark on every
device, in the same order; read marks only move forward, and `unread_count` is always what stands
behind them. Locks: the message's client id, the pair of the two (as blocks and follows do), the
sender's limits, then both rows of the conversation.
"""
