"""Refunds that staff ask the provider for; large ones wait for a second person.

Owns ``order_refunds``. Promises: an order has one refund under way at the most; the provider is
asked outside of any transaction, again and again under one key until it answers; coins are taken
back by nothing but the order's settlement, whoever tells of the refund first. Locks: the order,
the two people by id, then the refund.
"""
