"""What moved and how much, by hour, day and month of the platform's zone, and by country.

Owns ``ledger_statistics``, ``statistics_marks`` and ``statistics_gauges``. Promises: each row of
the ledger is added once, whatever is killed and however many workers there are, so that sums over
a period are the ledger's own to the hundredth. Nothing here is waited for by whoever moves money.
"""
