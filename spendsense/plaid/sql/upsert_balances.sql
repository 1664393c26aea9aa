-- What the accounts held on the day they were observed; a later payload of the same day replaces what it gives. Where the
-- bank gave the times of both, the later time counts, and the earlier one only adds what that leaves out.
-- A payload that does not date its balances counts for the day on which it came; when it only repeats what was last seen
-- before, it is no new observation, so that a replay on a later day writes nothing.
-- Reads staged_accounts. Output: one row a person with changed balances, another time of the same ones is none:
-- user_id | count
WITH observed AS (
    SELECT
        staged.user_id, staged.account_id, staged.observed_on,
        GREATEST(staged.observed_at, today.observed_at) AS observed_at,
        CASE WHEN today.observed_at > staged.observed_at THEN COALESCE(today.current_cents, staged.current_cents)
            ELSE COALESCE(staged.current_cents, today.current_cents) END AS current_cents,
        CASE WHEN today.observed_at > staged.observed_at THEN COALESCE(today.available_cents, staged.available_cents)
            ELSE COALESCE(staged.available_cents, today.available_cents) END AS available_cents,
        CASE WHEN today.observed_at > staged.observed_at THEN COALESCE(today.limit_cents, staged.limit_cents)
            ELSE COALESCE(staged.limit_cents, today.limit_cents) END AS limit_cents,
        today.current_cents AS current_before,
        today.available_cents AS available_before,
        today.limit_cents AS limit_before
    FROM staged_accounts AS staged
    LEFT JOIN balances AS today
        ON today.user_id = staged.user_id
        AND today.account_id = staged.account_id
        AND today.observed_on = staged.observed_on
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
            OR today.user_id IS NOT NULL
            OR (staged.current_cents, staged.available_cents, staged.limit_cents)
            IS DISTINCT FROM (before.current_cents, before.available_cents, before.limit_cents)
        )
), written AS (
    INSERT INTO balances AS stored (
        user_id, account_id, observed_on, observed_at, current_cents, available_cents, limit_cents
    )
    SELECT user_id, account_id, observed_on, observed_at, current_cents, available_cents, limit_cents
    FROM observed
    ON CONFLICT (user_id, account_id, observed_on) DO UPDATE SET
        observed_at = EXCLUDED.observed_at,
        current_cents = EXCLUDED.current_cents,
        available_cents = EXCLUDED.available_cents,
        limit_cents = EXCLUDED.limit_cents
    WHERE (stored.observed_at, stored.current_cents, stored.available_cents, stored.limit_cents)
        IS DISTINCT FROM (
            EXCLUDED.observed_at, EXCLUDED.current_cents, EXCLUDED.available_cents, EXCLUDED.limit_cents
        )
)
SELECT user_id, COUNT(*)
FROM observed
WHERE (current_cents, available_cents, limit_cents) IS DISTINCT FROM (current_before, available_before, limit_before)
GROUP BY user_id;
