"""Refunds that staff ask providers for; indexes by which they find orders."""

from alembic import op

revision = "2110_refunds"
down_revision: str | None = "2100_staff_totp"


def upgrade() -> None:
    """Make the table and the indexes."""
    op.execute(
        """
        CREATE TABLE order_refunds (
            id bigserial PRIMARY KEY,
            order_id bigint NOT NULL,
            coins bigint NOT NULL,
            reason text NOT NULL,
            status varchar(20) NOT NULL,
            needs_second boolean NOT NULL,
            requested_by bigint NOT NULL,
            requested_at timestamptz NOT NULL,
            decided_by bigint,
            decided_at timestamptz,
            decision text,
            provider_reference varchar(255),
            detail text,
            tries integer NOT NULL DEFAULT 0,
            next_try_at timestamptz,
            finished_at timestamptz,
            CONSTRAINT chk_order_refunds_status
                CHECK (status IN ('pending', 'asked', 'done', 'refused', 'rejected')),
            CONSTRAINT chk_order_refunds_coins CHECK (coins > 0),
            CONSTRAINT chk_order_refunds_reason CHECK (reason ~ '\\S'),
            CONSTRAINT chk_order_refunds_tries CHECK (tries >= 0),
            CONSTRAINT chk_order_refunds_decided
                CHECK ((status = 'pending') = (decided_at IS NULL)
                       AND (decided_at IS NULL) = (decided_by IS NULL)),
            CONSTRAINT chk_order_refunds_second
                CHECK (NOT (needs_second AND status IN ('asked', 'done', 'refused')
                            AND decided_by = requested_by)),
            CONSTRAINT chk_order_refunds_next_try
                CHECK ((status = 'asked') = (next_try_at IS NOT NULL)),
            CONSTRAINT chk_order_refunds_finished
                CHECK ((status IN ('done', 'refused')) = (finished_at IS NOT NULL)),
            CONSTRAINT fk_order_refunds_order_id
                FOREIGN KEY (order_id) REFERENCES recharge_orders (id) ON DELETE RESTRICT,
            CONSTRAINT fk_order_refunds_requested_by
                FOREIGN KEY (requested_by) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_order_refunds_decided_by FOREIGN KEY (decided_by) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_order_refunds_under_way ON order_refunds (order_id)
            WHERE status IN ('pending', 'asked');
        CREATE INDEX idx_order_refunds_order_id ON order_refunds (order_id);
        CREATE INDEX idx_order_refunds_requested_by ON order_refunds (requested_by, requested_at);
        CREATE INDEX idx_order_refunds_next_try_at ON order_refunds (next_try_at)
            WHERE next_try_at IS NOT NULL;
        CREATE INDEX idx_order_refunds_pending ON order_refunds (id) WHERE status = 'pending';
        CREATE INDEX idx_recharge_orders_created_at ON recharge_orders (created_at, id);
        CREATE INDEX idx_recharge_orders_status ON recharge_orders (status, created_at, id);
        CREATE INDEX idx_provider_events_payment_intent
            ON provider_events ((payload ->> 'payment_intent'))
            WHERE (payload ->> 'payment_intent') IS NOT NULL;
        CREATE INDEX idx_provider_events_order_number ON provider_events ((payload ->> 'order_id'))
            WHERE (payload ->> 'order_id') IS NOT NULL;
        """
    )
