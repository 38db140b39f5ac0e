"""Benchmarks: each module here has a ``main()`` that ``python3 fly.py bench NAME`` runs."""
