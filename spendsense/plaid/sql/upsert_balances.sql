-- What the accounts held on the day they were observed; a later payload of the same day replaces what it gives.
-- Reads staged_accounts. Output: one row a person with changed balances: user_id | count
WITH changed AS (
    INSERT INTO balances AS stored (user_id, account_id, observed_on, current_cents, available_cents, limit_cents)
    SELECT user_id, account_id, observed_on, current_cents, available_cents, limit_cents
    FROM staged_accounts
    WHERE has_balance
    ON CONFLICT (user_id, account_id, observed_on) DO UPDATE SET
        current_cents = COALESCE(EXCLUDED.current_cents, stored.current_cents),
        available_cents = COALESCE(EXCLUDED.available_cents, stored.available_cents),
        limit_cents = COALESCE(EXCLUDED.limit_cents, stored.limit_cents)
    WHERE (stored.current_cents, stored.available_cents, stored.limit_cents) IS DISTINCT FROM (
        COALESCE(EXCLUDED.current_cents, stored.current_cents),
        COALESCE(EXCLUDED.available_cents, stored.available_cents),
        COALESCE(EXCLUDED.limit_cents, stored.limit_cents)
    )
    RETURNING user_id
)
SELECT user_id, COUNT(*) FROM changed GROUP BY user_id;
