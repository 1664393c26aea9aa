"""the second wall: four roles, what each may do with a table, and row-level security that keeps people apart

The roles are the cluster's, and shared by its databases; they are made where they are missing, and stay when this is
taken down. Which login may act
in them is said after each upgrade (spendsense/store/migrations.py). A table that a later revision adds says there what
the roles may do with it, and has policies of its own.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CONSUMER, OPERATOR, AUDITOR, JOB = (f"spendsense_{role}" for role in ("consumer", "operator", "auditor", "job"))
ROLES = (CONSUMER, OPERATOR, AUDITOR, JOB)
STAFF = (OPERATOR, AUDITOR, JOB)

VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}

# Rows of people, by the column that names whose they are: table → what consumer, operator, auditor and job may do.
# Erasing a person needs no right but to their row of users: the others follow by foreign keys, which ask for none.
OF_PEOPLE = {
    "users": ("SIUD", "S", "S", "SIUD"),
    "consents": ("SI", "S", "S", "SI"),
    "consent_notices": ("S", "S", "S", "SID"),
    "progress": ("SIU", "S", "S", "SIUD"),
    "set_asides": ("SD", "S", "S", "SIUD"),
    "items": ("SIU", "", "", "SIUD"),
    "accounts": ("SIU", "S", "S", "SIUD"),
    "balances": ("SIU", "S", "S", "SIUD"),
    "liabilities": ("SIU", "S", "S", "SIUD"),
    "transactions": ("SIUD", "S", "S", "SIUD"),
    "removed_transactions": ("SI", "", "", "SID"),
    "corrections": ("SIUD", "S", "S", "SIUD"),
    "counterparty_names": ("SIUD", "S", "S", "SIUD"),
    "uploads": ("SI", "S", "S", "SID"),
    "signals": ("SD", "S", "S", "SIUD"),
    "card_signals": ("SD", "S", "S", "SIUD"),
    "streams": ("SUD", "S", "S", "SIUD"),
    "stream_choices": ("SIUD", "S", "S", "SIUD"),
    "merchant_flags": ("SD", "S", "S", "SIUD"),
    "personas": ("SD", "S", "S", "SIUD"),
    "persona_history": ("SD", "S", "S", "SID"),
    "recommendations": ("SUD", "SIU", "S", "SIUD"),
    "traces": ("SU", "SI", "S", "SIUD"),
    "recommendation_events": ("SI", "SI", "S", "SI"),
    "feedback": ("SI", "S", "S", "SI"),
    "operator_actions": ("S", "SI", "S", "SI"),
    "flags": ("S", "SID", "S", "S"),
}
# About people, but not by their id: an answer kept for the caller, and what the audit says under a pseudonym.
HIDDEN = {
    "kept_answers": ("SIUD", "SIUD", "", "SD"),
    "audit_events": ("SI", "SI", "S", "SI"),
}
OF_NOBODY = {
    "request_rates": ("SIU", "SIU", "SIU", "SIUD"),
    "rulebook_versions": ("S", "SI", "S", "SI"),
    "job_runs": ("", "S", "S", "SIU"),
    "audit_links": ("", "S", "S", "S"),
    "audit_anchors": ("", "S", "S", "SI"),
    "alembic_version": ("S", "S", "S", "S"),
}

# What the transaction says of its consumer (spendsense/store/identity.py). Where it says nothing these are NULL, and
# no row is theirs.
PERSON = "NULLIF(current_setting('spendsense.user_id', true), '')::uuid"
SUBJECT = "NULLIF(current_setting('spendsense.audit_subject', true), '')::uuid"
SUB = "NULLIF(current_setting('spendsense.sub', true), '')"
EMAIL = "NULLIF(current_setting('spendsense.email', true), '')"
OWN = {
    **dict.fromkeys(OF_PEOPLE, f"user_id = {PERSON}"),
    # By the token alone: the person's id is read from here. An imported record is its email's until a login claims it.
    "users": f"sub = {SUB} OR (sub IS NULL AND email = {EMAIL})",
    "kept_answers": f"caller_id = {PERSON}",
    "audit_events": f"subject = {SUBJECT}",
}

MAKE_ROLES = """
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['spendsense_consumer', 'spendsense_operator', 'spendsense_auditor', 'spendsense_job']
    LOOP
        BEGIN
            IF to_regrole(role) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the cluster was faster
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format('%s may not make the role %s', current_user, role),
                    HINT = format('Run as an administrator: ALTER ROLE %I CREATEROLE', current_user);
        END;
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role);
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), role);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.execute(MAKE_ROLES)
    for table, rights in {**OF_PEOPLE, **HIDDEN, **OF_NOBODY}.items():
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        for role, letters in zip(ROLES, rights, strict=True):
            if letters:
                op.execute(f"GRANT {', '.join(VERBS[letter] for letter in letters)} ON {table} TO {role}")
    op.execute(f"GRANT UPDATE (created_at) ON users TO {OPERATOR}")  # whoever decides about a person locks their row
    op.execute(f"GRANT UPDATE (revisit_on) ON progress TO {OPERATOR}")  # and has the daily job look at them again
    op.execute("GRANT SELECT ON alembic_version TO PUBLIC")  # asked before anybody acts for anybody
    for table, own in OWN.items():
        op.execute(f"CREATE POLICY own ON {table} TO {CONSUMER} USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY everybody ON {table} TO {', '.join(STAFF)} USING (true) WITH CHECK (true)")
        # The owner of the tables is held too, but for revisions that mend rows: migrations/env.py says that it is one.
        op.execute(
            f"CREATE POLICY migration ON {table} TO CURRENT_USER "
            "USING (current_setting('spendsense.migration', true) = 'on')"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in OWN:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
        for policy in ("own", "everybody", "migration"):
            op.execute(f"DROP POLICY {policy} ON {table}")
    roles = ", ".join(ROLES)
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {roles}")
    op.execute("REVOKE SELECT ON alembic_version FROM PUBLIC")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {roles}")
