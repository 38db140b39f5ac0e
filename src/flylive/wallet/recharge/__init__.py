"""Recharge: packages, orders, and what the payment providers say of them.

Owns ``recharge_packages``, ``recharge_orders``, ``provider_events`` and ``recharge_changes``.
Promises: an order is credited exactly once and taken back exactly once, whoever reports it, in
any order, any number of times; what a provider's message says is never believed further than
that something happened: what holds is asked of the provider. No transaction is open while a
provider is asked. Locks: the payment's name (advisory), the order, then its buyer.
"""
