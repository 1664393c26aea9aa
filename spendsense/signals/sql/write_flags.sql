-- Purpose: makes the stored simple flags of these people equal to those just found (temporary table found_flags).
-- Grain:   flags that are new, gone or different.
-- Params:  user_ids uuid[].
-- Output:  user_id of each flag that was written or deleted.
WITH gone AS (
    DELETE FROM merchant_flags
    WHERE user_id = ANY(%(user_ids)s::uuid[])
        AND NOT EXISTS (
            SELECT FROM found_flags AS found
            WHERE (found.user_id, found.counterparty_key) = (merchant_flags.user_id, merchant_flags.counterparty_key)
        )
    RETURNING user_id
),
written AS (
    INSERT INTO merchant_flags (user_id, counterparty_key, name, cadence, flag_from, flag_until)
    SELECT
        found.user_id, found.counterparty_key, COALESCE(last_row.merchant_name, last_row.name), found.cadence,
        found.flag_from, found.flag_until
    FROM found_flags AS found
    CROSS JOIN LATERAL (  -- LIMIT keeps the planner from joining all transactions at once
        SELECT merchant_name, name
        FROM transactions
        WHERE transactions.user_id = found.user_id AND transactions.transaction_id = found.last_id
        LIMIT 1
    ) AS last_row
    ON CONFLICT (user_id, counterparty_key) DO UPDATE SET
        name = EXCLUDED.name,
        cadence = EXCLUDED.cadence,
        flag_from = EXCLUDED.flag_from,
        flag_until = EXCLUDED.flag_until
    WHERE (merchant_flags.name, merchant_flags.cadence, merchant_flags.flag_from, merchant_flags.flag_until)
        IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.cadence, EXCLUDED.flag_from, EXCLUDED.flag_until)
    RETURNING user_id
)
SELECT user_id FROM gone
UNION ALL
SELECT user_id FROM written
