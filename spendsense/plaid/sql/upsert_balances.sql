-- What the accounts held on the day they were observed; a later payload of the same day replaces what it gives.
-- A payload that does not date its balances counts for the day on which it came; when it only repeats what was last seen
-- before, it is no new observation, so that a replay on a later day writes nothing.
-- Reads staged_accounts. Output: one row a person with changed balances: user_id | count
WITH observed AS (
    SELECT
        staged.user_id, staged.account_id, staged.observed_on,
        staged.current_cents, staged.available_cents, staged.limit_cents
    FROM staged_accounts AS staged
    LEFT JOIN LATERAL (
        SELECT balances.current_cents, balances.available_cents, balances.limit_cents
        FROM balances
        WHERE balances.user_id = staged.user_id
            AND balances.account_id = staged.account_id
            AND balances.observed_on < staged.observed_on
        ORDER BY balances.observed_on DESC
        LIMIT 1
    ) AS before ON TRUE
    WHERE staged.has_balance
        AND (
            staged.is_dated
            OR (staged.current_cents, staged.available_cents, staged.limit_cents)
            IS DISTINCT FROM (before.current_cents, before.available_cents, before.limit_cents)
            OR EXISTS (
                SELECT 1
                FROM balances AS today
                WHERE today.user_id = staged.user_id
                    AND today.account_id = staged.account_id
                    AND today.observed_on = staged.observed_on
            )
        )
), changed AS (
    INSERT INTO balances AS stored (user_id, account_id, observed_on, current_cents, available_cents, limit_cents)
    SELECT user_id, account_id, observed_on, current_cents, available_cents, limit_cents
    FROM observed
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
