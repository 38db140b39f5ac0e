"""What is to be watched about the ledger, for Prometheus: one scrape for the whole platform."""

from datetime import UTC, datetime
from itertools import pairwise

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Reading
from flylive.database.partitions import PARTITIONED

_RUNS = text(
    """
    SELECT DISTINCT ON (kind) kind, rows_unfit, finished_at FROM proof_runs
    WHERE finished_at IS NOT NULL ORDER BY kind, started_at DESC
    """
)
_UNSEALED = text(
    """
    SELECT created_at FROM transactions
    WHERE id > (SELECT COALESCE(max(to_id), 0) FROM ledger_seals) ORDER BY id LIMIT 1
    """
)
_BOUNDS = text(
    """
    SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(:name)
    """
)


@get("/metrics/ledger", include_in_schema=False, media_type=MediaType.TEXT)
async def ledger_metrics(database: NamedDependency[Database]) -> Response[bytes]:
    """The proof's last runs, seals that wait, rows in DEFAULT, months made ahead."""
    registry = CollectorRegistry()
    await database.read(lambda tx: _gauge(tx, registry))
    headers = {"Content-Type": CONTENT_TYPE_LATEST}
    return Response(content=generate_latest(registry), headers=headers)


async def _gauge(tx: Reading, registry: CollectorRegistry) -> None:
    unfit, age, waiting, strays, ahead = (
        Gauge(f"flylive_{name}", words, labels, registry=registry)
        for name, words, labels in (
            ("proof_rows_unfit", "Rows that the last proof found not to fit", ["kind"]),
            ("proof_age_seconds", "Seconds since the last proof ended", ["kind"]),
            ("ledger_unsealed_seconds", "Age of the oldest ledger row without a seal", []),
            ("partition_stray_rows", "Rows outside every month, in DEFAULT", ["table"]),
            ("partition_days_ahead", "Days until the last month ends", ["table"]),
        )
    )
    at = now()
    for run in await tx.rows(_RUNS):
        unfit.labels(run.kind).set(run.rows_unfit)
        age.labels(run.kind).set((at - run.finished_at).total_seconds())
    oldest = await tx.scalar(_UNSEALED)
    waiting.set(max((at - oldest).total_seconds(), 0) if oldest else 0)
    for table, column in PARTITIONED.items():
        months = sorted(_edges(row[0]) for row in await tx.rows(_BOUNDS, {"name": table}))
        ahead.labels(table).set(
            max((end - at).total_seconds() for _, end in months) / 86_400 if months else 0
        )
        strays.labels(table).set(await tx.scalar(text(_outside(table, column, months))))


def _edges(bound: str) -> tuple[datetime, datetime]:
    if bound == "DEFAULT":
        # Sorts first, and says nothing.
        return datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    words = bound.split("'")
    return datetime.fromisoformat(words[1]), datetime.fromisoformat(words[3])


def _outside(table: str, column: str, months: list[tuple[datetime, datetime]]) -> str:
    """Counts what lies in no month; PostgreSQL opens nothing but DEFAULT for it."""
    known = [edges for edges in months if edges[0].year > 1]
    if not known:
        return f"SELECT count(*) FROM {table}"
    gaps = [f"{column} < '{known[0][0].isoformat()}'", f"{column} >= '{known[-1][1].isoformat()}'"]
    gaps += [
        f"({column} >= '{end.isoformat()}' AND {column} < '{begin.isoformat()}')"
        for (_, end), (begin, _) in pairwise(known)
        if end != begin
    ]
    return f"SELECT count(*) FROM {table} WHERE {' OR '.join(gaps)}"


ROUTES = [ledger_metrics]
