"""the audit as a chain: every record's place and hash, signed anchors, and nothing of it may be changed"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_events", "audit_links", "audit_anchors")


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_audit_links_sha256")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_links_event_id")),
    )
    op.create_table(
        "audit_anchors",
        sa.Column("anchor_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("anchor_id", name=op.f("pk_audit_anchors")),
    )
    op.create_check_constraint(op.f("ck_audit_events_one_line"), "audit_events", r"actor !~ '\n' AND event !~ '\n'")
    op.execute(LINK)
    op.execute(LINK_AT_COMMIT)
    op.execute(CHAIN)  # no record comes in meanwhile: making a trigger locks the table against writers
    op.execute(REFUSE)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_events_append_only ON audit_events")
    op.execute("DROP TRIGGER audit_events_linked ON audit_events")
    op.drop_constraint(op.f("ck_audit_events_one_line"), "audit_events")
    op.drop_table("audit_anchors")
    op.drop_table("audit_links")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION link_audit_event()")
    op.execute("DROP FUNCTION append_audit_link(audit_events)")


# Appends one record to the chain, in the form that spendsense/audit/chain.py gives. Whoever appends waits here for
# whoever appended before and has not committed yet, and then sees their link.
LINK = """
CREATE FUNCTION append_audit_link(new_event audit_events) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_position bigint;
    last_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('spendsense audit chain'));
    SELECT position, hash INTO last_position, last_hash FROM public.audit_links ORDER BY position DESC LIMIT 1;
    INSERT INTO public.audit_links (position, event_id, hash)
    VALUES (
        COALESCE(last_position, 0) + 1,
        new_event.event_id,
        sha256(COALESCE(last_hash, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws(
            E'\\n',
            new_event.event_id,
            COALESCE(new_event.subject::text, ''),
            to_char(new_event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            new_event.actor,
            new_event.event,
            new_event.detail::text
        ), 'UTF8'))
    );
END
$$
"""

# Deferred: records are linked in the last moment of their transaction, so that nobody holds the lock while they work,
# and nobody who holds it waits for anything else.
LINK_AT_COMMIT = """
CREATE FUNCTION link_audit_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.append_audit_link(NEW);
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION append_audit_link(audit_events) FROM PUBLIC;
CREATE CONSTRAINT TRIGGER audit_events_linked AFTER INSERT ON audit_events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_audit_event()
"""

CHAIN = """
DO $$
DECLARE
    earlier audit_events;
BEGIN
    FOR earlier IN SELECT * FROM audit_events ORDER BY event_id LOOP
        PERFORM append_audit_link(earlier);
    END LOOP;
END
$$
"""

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$
"""
