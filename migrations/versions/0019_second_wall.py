"""the second wall: five roles, what each may do with a table, and row-level security that keeps people apart

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

CONSUMER, REFRESH, OPERATOR, AUDITOR, JOB = ROLES = [
    f"spendsense_{role}" for role in ("consumer", "refresh", "operator", "auditor", "job")
]
ONE_PERSON = f"{CONSUMER}, {REFRESH}"
EVERYBODY = f"{OPERATOR}, {AUDITOR}, {JOB}"

VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}

# Rows of people, by the column that names whose they are. What may be done by a consumer, by the stations that run at
# once after what a consumer sent, by an operator, an auditor, a job.
# Erasing a person needs no right but to their row of users: the others follow by foreign keys, which ask for none.
OF_PEOPLE = {
    "users": ("SID", "S", "S", "S", "SIUD"),
    "consents": ("SI", "", "S", "S", "SI"),
    "consent_notices": ("S", "", "S", "S", "SID"),
    "progress": ("SIU", "SU", "S", "S", "SIUD"),
    "set_asides": ("SD", "SD", "S", "S", "SIUD"),
    "items": ("SIU", "", "", "", "SIUD"),
    "accounts": ("SIU", "S", "S", "S", "SIUD"),
    "balances": ("SIU", "S", "S", "S", "SIUD"),
    "liabilities": ("SIU", "S", "S", "S", "SIUD"),
    "transactions": ("SIUD", "SU", "S", "S", "SIUD"),
    "removed_transactions": ("SI", "", "", "", "SID"),
    "corrections": ("SIUD", "S", "S", "S", "SIUD"),
    "counterparty_names": ("SIUD", "SID", "S", "S", "SIUD"),
    "uploads": ("SI", "S", "S", "S", "SID"),
    "signals": ("SD", "SIUD", "S", "S", "SIUD"),
    "card_signals": ("SD", "SIUD", "S", "S", "SIUD"),
    "streams": ("SUD", "SIUD", "S", "S", "SIUD"),
    "stream_choices": ("SIUD", "SIUD", "S", "S", "SIUD"),
    "merchant_flags": ("SD", "SIUD", "S", "S", "SIUD"),
    "personas": ("SD", "SIUD", "S", "S", "SIUD"),
    "persona_history": ("SD", "SI", "S", "S", "SID"),
    "recommendations": ("SUD", "SIU", "SIU", "S", "SIUD"),
    "traces": ("SU", "SI", "SI", "S", "SIUD"),
    "recommendation_events": ("SI", "SI", "SI", "S", "SI"),
    "feedback": ("SI", "S", "S", "S", "SI"),
    "operator_actions": ("S", "", "SI", "S", "SI"),
    "flags": ("S", "", "SID", "S", "S"),
}
# About people, but not by their id: an answer kept for the caller, what the audit says under a pseudonym, and how fast
# a login asks.
HIDDEN = {
    "kept_answers": ("SIUD", "", "SIUD", "", "SD"),
    "audit_events": ("SI", "", "SI", "S", "SI"),
    "request_rates": ("SIU", "", "SIU", "SIU", "SIUD"),
}
OF_NOBODY = {
    "rulebook_versions": ("S", "SI", "SI", "S", "SI"),
    "job_runs": ("", "", "S", "S", "SIU"),
    "audit_links": ("", "", "S", "S", "S"),
    "audit_anchors": ("", "", "S", "S", "SI"),
    "alembic_version": ("S", "", "S", "S", "S"),
}
OF_SOME_COLUMNS = (
    (CONSUMER, "users", "sub, state, analysis_until, offers_until, consent_version, data_version"),
    (REFRESH, "users", "created_at"),  # who works on a person, or decides about them, locks their row
    (OPERATOR, "users", "created_at"),
    (OPERATOR, "progress", "revisit_on"),  # has the daily job look at the person again
    (OPERATOR, "operator_actions", "note"),  # takes back what they wrote
)

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
GUARDED = (*OWN, "request_rates")
OWN_BUCKET = f"subject_hash = sha256(convert_to({SUB}, 'UTF8'))"

MAKE_ROLES = """
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['{roles}']
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
""".replace("{roles}", "', '".join(ROLES))

# An answer kept for an operator may tell of the person who is gone. That it was carried out is still known.
BLANK = """
CREATE FUNCTION blank_kept_answers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := COALESCE(current_setting('spendsense.migration', true), '');
BEGIN
    PERFORM set_config('spendsense.migration', 'on', true);  -- row-level security holds the owner too
    UPDATE public.kept_answers SET answer = NULL WHERE caller_id IS NULL AND answer IS NOT NULL;
    PERFORM set_config('spendsense.migration', before, true);
    RETURN NULL;
END
$$;
CREATE TRIGGER users_erased AFTER DELETE ON users FOR EACH STATEMENT EXECUTE FUNCTION blank_kept_answers()
"""


def upgrade() -> None:
    op.execute(MAKE_ROLES)
    for table, rights in {**OF_PEOPLE, **HIDDEN, **OF_NOBODY}.items():
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        for role, letters in zip(ROLES, rights, strict=True):
            if letters:
                op.execute(f"GRANT {', '.join(VERBS[letter] for letter in letters)} ON {table} TO {role}")
    for role, table, columns in OF_SOME_COLUMNS:
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {role}")
    op.execute("GRANT SELECT ON alembic_version TO PUBLIC")  # asked before anybody acts for anybody
    for table, own in OWN.items():
        op.execute(f"CREATE POLICY own ON {table} TO {ONE_PERSON} USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY everybody ON {table} TO {EVERYBODY} USING (true) WITH CHECK (true)")
    callers = f"{CONSUMER}, {OPERATOR}, {AUDITOR}"
    op.execute(f"CREATE POLICY own ON request_rates TO {callers} USING ({OWN_BUCKET}) WITH CHECK ({OWN_BUCKET})")
    op.execute(f"CREATE POLICY everybody ON request_rates TO {JOB} USING (true) WITH CHECK (true)")
    for table in GUARDED:
        # The owner of the tables is held too, but for revisions that mend rows: migrations/env.py says that it is one.
        op.execute(
            f"CREATE POLICY migration ON {table} TO CURRENT_USER "
            "USING (current_setting('spendsense.migration', true) = 'on')"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(BLANK)


def downgrade() -> None:
    op.execute("DROP TRIGGER users_erased ON users")
    op.execute("DROP FUNCTION blank_kept_answers()")
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
        for policy in ("own", "everybody", "migration"):
            op.execute(f"DROP POLICY {policy} ON {table}")
    roles = ", ".join(ROLES)
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {roles}")
    op.execute("REVOKE SELECT ON alembic_version FROM PUBLIC")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {roles}")
