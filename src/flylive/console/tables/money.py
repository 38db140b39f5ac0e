"""Tables of money, gifts and games."""

from flylive.console.rules import Right
from flylive.console.tables.table import Filter, table

LEDGER, PLAY = Right.VIEW_LEDGER, Right.VIEW_PLAY
ORDERS, RESELLERS = Right.VIEW_ORDERS, Right.VIEW_RESELLERS

TABLES = (
    table(
        "transactions",
        "Money",
        "Ledger",
        LEDGER,
        "id user_id beneficiary_id type direction currency_type amount quantity"
        " user_balance_before user_balance_after beneficiary_currency_type beneficiary_amount"
        " beneficiary_balance_before beneficiary_balance_after transactionable_type"
        " transactionable_id description metadata status created_at is_adopted",
        [
            "id",
            Filter("user_id", by="created_at"),
            Filter("beneficiary_id", by="created_at"),
            "transactionable_type",
            Filter("transactionable_id", needs="transactionable_type"),
        ],
        key="id created_at",
    ),
    table(
        "adjustments",
        "Money",
        "Adjustments",
        LEDGER,
        "id user_id currency_type amount reason status needs_second requested_by requested_at"
        " decided_by decided_at decision",
        ["id", Filter("user_id", by="id"), Filter("requested_by", by="requested_at")],
    ),
    table(
        "gift_transactions",
        "Money",
        "Gifts sent",
        LEDGER,
        "id batch_id sender_id recipient_id gift_id room_id agency_id quantity price total_cost"
        " recipient_earnings agency_commission platform_fee commission_rate wealth_xp_awarded"
        " charm_xp_awarded combo sent_at is_adopted",
        [
            "id",
            Filter("sender_id", by="sent_at"),
            Filter("recipient_id", by="sent_at"),
            Filter("room_id", by="sent_at"),
        ],
        key="id sent_at",
    ),
    table(
        "agency_earnings",
        "Money",
        "Earnings of agencies",
        LEDGER,
        "id agency_id user_id amount commission_amount commission_rate source_type source_id"
        " earned_at is_adopted",
        ["id", Filter("agency_id", by="earned_at"), Filter("user_id", by="earned_at")],
    ),
    table(
        "coin_requests",
        "Money",
        "Coin requests",
        RESELLERS,
        "id user_id requested_from amount type message action_message credit_days status"
        " updated_by created_at updated_at due_at settled_at",
        ["id", "user_id", "requested_from", "status", Filter("created_at", "range")],
        sorts="id created_at",
    ),
    table(
        "resellers",
        "Money",
        "Resellers",
        RESELLERS,
        "user_id max_credit_days created_at",
        ["user_id"],
        sorts="user_id",
        key="user_id",
    ),
    table(
        "recharge_packages",
        "Money",
        "Packages",
        ORDERS,
        "id name coin_amount bonus_coins price currency is_popular is_active"
        " country_restrictions google_product_id apple_product_id created_at updated_at",
        ["id", "is_active", "is_popular"],
    ),
    table(
        "recharge_orders",
        "Money",
        "Orders",
        ORDERS,
        "id user_id package_id provider status coin_amount bonus_coins price currency product_id"
        " refunded_coins ip_address user_agent paid_at refunded_at created_at updated_at check_at",
        [
            "id",
            Filter("user_id", by="created_at"),
            "package_id",
            Filter("provider", also="provider_reference IS NOT NULL"),
            Filter("provider_reference", needs="provider"),
        ],
    ),
    table(
        "provider_events",
        "Money",
        "What providers said",
        ORDERS,
        "id provider event_id kind order_id outcome detail deliveries received_at handled_at",
        ["id", "order_id", "provider", Filter("event_id", needs="provider")],
    ),
    table(
        "gift_odds",
        "Money",
        "Odds, frozen",
        LEDGER,
        "id sha256 odds created_at",
        ["id", "sha256"],
    ),
    table(
        "lucky_draws",
        "Money",
        "Lucky draws",
        LEDGER,
        "gift_transaction_id sent_at seed_id nonce outcome multiplier payout odds_id",
        ["gift_transaction_id", Filter("seed_id", by="nonce")],
        sorts="gift_transaction_id",
        key="gift_transaction_id sent_at",
    ),
    table(
        "fairness_seeds",
        "Money",
        "Seeds of draws",
        LEDGER,
        "id user_id server_seed_hash client_seed nonce created_at revealed_at",
        ["id", Filter("user_id", by="id")],
    ),
    table(
        "game_transactions",
        "Money",
        "Calls of games",
        PLAY,
        "id provider_id game_id session_id user_id type provider_transaction_id"
        " bet_transaction_id round_id requested amount status created_at",
        [
            "id",
            Filter("user_id", by="created_at"),
            "session_id",
            "provider_id",
            Filter("provider_transaction_id", needs="provider_id"),
        ],
    ),
    table(
        "game_sessions",
        "Money",
        "Sessions of games",
        PLAY,
        "id game_id user_id created_at expires_at ended_at",
        ["id", "game_id"],
    ),
)
