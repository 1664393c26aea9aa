-- What is owed, as last reported: the last payload replaces the whole record, but for one that is older by its last
-- statement, or by its last payment where the statements are of one day or a day is unknown.
-- Reads staged_liabilities. Output: one row a person with changed liabilities: user_id | count
WITH changed AS (
    INSERT INTO liabilities AS stored (
        user_id, account_id, kind, apr_percent, is_overdue, last_payment_cents, last_payment_on,
        last_statement_balance_cents, last_statement_on, minimum_payment_cents, next_payment_due_on, past_due_cents
    )
    SELECT
        user_id, account_id, kind, apr_percent, is_overdue, last_payment_cents, last_payment_on,
        last_statement_balance_cents, last_statement_on, minimum_payment_cents, next_payment_due_on, past_due_cents
    FROM staged_liabilities
    ON CONFLICT (user_id, account_id) DO UPDATE SET
        kind = EXCLUDED.kind,
        apr_percent = EXCLUDED.apr_percent,
        is_overdue = EXCLUDED.is_overdue,
        last_payment_cents = EXCLUDED.last_payment_cents,
        last_payment_on = EXCLUDED.last_payment_on,
        last_statement_balance_cents = EXCLUDED.last_statement_balance_cents,
        last_statement_on = EXCLUDED.last_statement_on,
        minimum_payment_cents = EXCLUDED.minimum_payment_cents,
        next_payment_due_on = EXCLUDED.next_payment_due_on,
        past_due_cents = EXCLUDED.past_due_cents
    WHERE CASE
            WHEN EXCLUDED.last_statement_on <> stored.last_statement_on
                THEN EXCLUDED.last_statement_on > stored.last_statement_on
            ELSE (EXCLUDED.last_payment_on >= stored.last_payment_on) IS NOT FALSE
        END
        AND (
            stored.kind, stored.apr_percent, stored.is_overdue, stored.last_payment_cents, stored.last_payment_on,
            stored.last_statement_balance_cents, stored.last_statement_on, stored.minimum_payment_cents,
            stored.next_payment_due_on, stored.past_due_cents
        ) IS DISTINCT FROM (
            EXCLUDED.kind, EXCLUDED.apr_percent, EXCLUDED.is_overdue, EXCLUDED.last_payment_cents,
            EXCLUDED.last_payment_on, EXCLUDED.last_statement_balance_cents, EXCLUDED.last_statement_on,
            EXCLUDED.minimum_payment_cents, EXCLUDED.next_payment_due_on, EXCLUDED.past_due_cents
        )
    RETURNING user_id
)
SELECT user_id, COUNT(*) FROM changed GROUP BY user_id;
