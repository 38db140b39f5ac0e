"""Holds on wallets; rings: runs, findings with members and evidence; who used which device."""

from alembic import op

revision = "2111_rings"
down_revision: str | None = "2110_refunds"


def upgrade() -> None:
    """Make the tables."""
    op.execute(
        """
        CREATE TABLE device_owners (
            device varchar(64) NOT NULL,
            user_id bigint NOT NULL,
            seen_at timestamptz NOT NULL,
            PRIMARY KEY (device, user_id),
            CONSTRAINT chk_device_owners_device CHECK (device ~ '^[0-9a-f]{64}$'),
            CONSTRAINT fk_device_owners_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_device_owners_user_id ON device_owners (user_id);
        CREATE INDEX idx_device_owners_seen_at ON device_owners (seen_at);
        INSERT INTO device_owners (device, user_id, seen_at)
        SELECT encode(sha256(convert_to(token, 'UTF8')), 'hex'), user_id, updated_at
        FROM push_tokens;
        CREATE INDEX idx_personal_access_tokens_ip_address
            ON personal_access_tokens (ip_address) WHERE ip_address IS NOT NULL;
        CREATE TABLE ring_runs (
            id bigserial PRIMARY KEY,
            day date,
            asked_by bigint,
            since timestamptz NOT NULL,
            until timestamptz NOT NULL,
            step varchar(20) NOT NULL DEFAULT 'gifts',
            last_id bigint NOT NULL DEFAULT 0,
            end_id bigint NOT NULL,
            found integer NOT NULL DEFAULT 0,
            failure text,
            starts_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            CONSTRAINT chk_ring_runs_span CHECK (until > since),
            CONSTRAINT chk_ring_runs_step CHECK (step IN ('gifts', 'devices', 'recipients',
                'circles', 'bursts', 'shared', 'resellers', 'done')),
            CONSTRAINT chk_ring_runs_progress
                CHECK (last_id >= 0 AND end_id >= 0 AND found >= 0),
            CONSTRAINT chk_ring_runs_done CHECK (finished_at IS NULL OR step = 'done'
                                                 OR failure IS NOT NULL),
            CONSTRAINT chk_ring_runs_asked CHECK ((day IS NULL) <> (asked_by IS NULL)),
            CONSTRAINT fk_ring_runs_asked_by FOREIGN KEY (asked_by) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_ring_runs_day ON ring_runs (day) WHERE day IS NOT NULL;
        CREATE INDEX idx_ring_runs_open ON ring_runs (id) WHERE finished_at IS NULL;
        CREATE TABLE ring_edges (
            run_id bigint NOT NULL,
            sender_id bigint NOT NULL,
            recipient_id bigint NOT NULL,
            gifts bigint NOT NULL,
            coins bigint NOT NULL,
            given bigint NOT NULL,
            received bigint,
            senders bigint,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            is_new boolean NOT NULL,
            PRIMARY KEY (run_id, sender_id, recipient_id),
            CONSTRAINT chk_ring_edges_sums CHECK (gifts >= 1 AND coins >= 1 AND given >= coins),
            CONSTRAINT fk_ring_edges_run_id
                FOREIGN KEY (run_id) REFERENCES ring_runs (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_ring_edges_recipient_id ON ring_edges (run_id, recipient_id);
        CREATE TABLE ring_devices (
            run_id bigint NOT NULL,
            user_id bigint NOT NULL,
            device varchar(66) NOT NULL,
            accounts integer NOT NULL,
            PRIMARY KEY (run_id, user_id, device),
            CONSTRAINT fk_ring_devices_run_id
                FOREIGN KEY (run_id) REFERENCES ring_runs (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_ring_devices_device ON ring_devices (run_id, device);
        CREATE TABLE ring_findings (
            id bigserial PRIMARY KEY,
            kind varchar(20) NOT NULL,
            about varchar(200) NOT NULL,
            run_id bigint NOT NULL,
            strength integer NOT NULL,
            coins numeric(18,2) NOT NULL,
            facts jsonb NOT NULL,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            status varchar(20) NOT NULL DEFAULT 'open',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            decided_by bigint,
            decided_at timestamptz,
            decision text,
            CONSTRAINT chk_ring_findings_kind
                CHECK (kind IN ('circle', 'pair', 'burst', 'shared', 'reseller')),
            CONSTRAINT chk_ring_findings_status CHECK (status IN ('open', 'dismissed', 'held')),
            CONSTRAINT chk_ring_findings_strength CHECK (strength BETWEEN 0 AND 100),
            CONSTRAINT chk_ring_findings_coins CHECK (coins > 0),
            CONSTRAINT chk_ring_findings_decided
                CHECK ((decided_at IS NULL) = (decided_by IS NULL)
                       AND (decided_at IS NULL) = (decision IS NULL)
                       AND (status = 'open' OR decided_at IS NOT NULL)),
            CONSTRAINT uq_ring_findings_about UNIQUE (kind, about),
            CONSTRAINT fk_ring_findings_run_id FOREIGN KEY (run_id) REFERENCES ring_runs (id),
            CONSTRAINT fk_ring_findings_decided_by FOREIGN KEY (decided_by) REFERENCES users (id)
        );
        CREATE INDEX idx_ring_findings_status ON ring_findings (status, id DESC);
        CREATE TABLE ring_members (
            finding_id bigint NOT NULL,
            user_id bigint NOT NULL,
            role varchar(20) NOT NULL,
            PRIMARY KEY (finding_id, user_id),
            CONSTRAINT chk_ring_members_role
                CHECK (role IN ('member', 'giver', 'recipient', 'reseller', 'buyer')),
            CONSTRAINT fk_ring_members_finding_id
                FOREIGN KEY (finding_id) REFERENCES ring_findings (id) ON DELETE CASCADE,
            CONSTRAINT fk_ring_members_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
        );
        CREATE INDEX idx_ring_members_user_id ON ring_members (user_id);
        CREATE TABLE ring_evidence (
            id bigserial PRIMARY KEY,
            finding_id bigint NOT NULL,
            kind varchar(20) NOT NULL,
            user_id bigint NOT NULL,
            other_id bigint,
            source_id bigint,
            amount numeric(18,2),
            count integer NOT NULL DEFAULT 1,
            at timestamptz,
            CONSTRAINT chk_ring_evidence_kind
                CHECK (kind IN ('gifts', 'gift', 'sale', 'exchange', 'device', 'origin')),
            CONSTRAINT chk_ring_evidence_amount CHECK (amount > 0),
            CONSTRAINT chk_ring_evidence_count CHECK (count >= 1),
            CONSTRAINT fk_ring_evidence_finding_id
                FOREIGN KEY (finding_id) REFERENCES ring_findings (id) ON DELETE CASCADE
        );
        CREATE INDEX idx_ring_evidence_finding_id ON ring_evidence (finding_id, id);
        CREATE TABLE wallet_holds (
            id bigserial PRIMARY KEY,
            user_id bigint NOT NULL,
            finding_id bigint,
            reason text NOT NULL,
            placed_by bigint NOT NULL,
            placed_at timestamptz NOT NULL,
            lifted_by bigint,
            lifted_at timestamptz,
            lift_reason text,
            CONSTRAINT chk_wallet_holds_reason CHECK (reason ~ '\\S'),
            CONSTRAINT chk_wallet_holds_lifted
                CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)
                       AND (lifted_at IS NULL) = (lift_reason IS NULL)),
            CONSTRAINT fk_wallet_holds_user_id
                FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
            CONSTRAINT fk_wallet_holds_finding_id
                FOREIGN KEY (finding_id) REFERENCES ring_findings (id),
            CONSTRAINT fk_wallet_holds_placed_by FOREIGN KEY (placed_by) REFERENCES users (id),
            CONSTRAINT fk_wallet_holds_lifted_by FOREIGN KEY (lifted_by) REFERENCES users (id)
        );
        CREATE UNIQUE INDEX uq_wallet_holds_user ON wallet_holds (user_id)
            WHERE lifted_at IS NULL;
        CREATE INDEX idx_wallet_holds_user_id ON wallet_holds (user_id, id);
        CREATE INDEX idx_wallet_holds_finding_id ON wallet_holds (finding_id);
        """
    )
