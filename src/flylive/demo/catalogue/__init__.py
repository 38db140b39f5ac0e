"""What the demo world sells and awards: rows by the seed's column names.

Prices and sums are strings or integers in whole coins; `*_url` and `*_src` are paths that the
API serves from `src/flylive/demo/artwork` at ``/assets/``. Nothing here speaks to a database.
"""
