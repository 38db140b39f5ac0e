"""Each agency earning matches its gift line, and each commission has its earning."""

from flylive.wallet.invariants import Invariant, Part
from flylive.wallet.proving.ledger import Ledger
from flylive.wallet.proving.marks import Marks

_EARNINGS = "(SELECT * FROM agency_earnings WHERE source_type = 'gift' AND NOT is_adopted)"


def _parts(ledger: Ledger) -> list[Part]:
    return [Part("earnings", _query(ledger.gifts, _EARNINGS), _probe(ledger.gifts))]


def _recent(ledger: Ledger) -> list[Part]:
    earnings = f"(SELECT * FROM {_EARNINGS} AS e WHERE source_date >= {ledger.moment})"
    return [Part("earnings", _query(ledger.recent_gifts, earnings))]


def _query(gifts: str, earnings: str) -> str:
    return f"""
        SELECT COALESCE(g.id, e.source_id) AS gift_transaction_id, e.id AS agency_earning_id,
               g.agency_id, e.agency_id AS earning_agency_id,
               g.agency_commission, e.commission_amount, g.commission_rate,
               e.commission_rate AS earning_rate
        FROM (SELECT * FROM {gifts} AS l WHERE agency_id IS NOT NULL) AS g
        FULL JOIN {earnings} AS e ON e.source_id = g.id
        WHERE g.id IS NULL OR e.id IS NULL OR e.source_date <> g.sent_at
           OR e.agency_id <> g.agency_id OR e.user_id <> g.recipient_id
           OR e.commission_amount <> g.agency_commission
           OR e.amount <> g.recipient_earnings + g.agency_commission
           OR e.commission_rate <> g.commission_rate
    """


def _probe(gifts: str) -> str:
    marks = Marks()
    due = marks.of(
        ids=["id", "agency_id", "recipient_id"],
        amounts=["agency_commission", "recipient_earnings + agency_commission", "commission_rate"],
        moments=["sent_at"],
    )
    earned = marks.of(
        ids=["source_id", "agency_id", "user_id"],
        amounts=["commission_amount", "amount", "commission_rate"],
        moments=["source_date"],
    )
    return f"""
        SELECT ROW(due.rows, due.marks) IS NOT DISTINCT FROM ROW(earned.rows, earned.marks)
        FROM (SELECT count(*) AS rows, sum({due}) AS marks FROM {gifts} AS l
              WHERE agency_id IS NOT NULL) AS due,
             (SELECT count(*) AS rows, sum({earned}) AS marks FROM {_EARNINGS} AS e) AS earned
    """


INVARIANT = Invariant(
    "agency_earnings",
    "each agency earning is its gift's commission, and none is missing",
    _parts,
    _recent,
)
