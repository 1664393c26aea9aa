-- Purpose: makes refunds of the inflows that may be, but for those of an income stream that only its rhythm shows, and
--          takes it back where it no longer holds.
-- Grain:   rows of these people that are, or could be, a refund, and whose kind differs.
-- Params:  user_ids uuid[]; refund_users uuid[] and refund_ids text[]: the rows of refundable.sql, side by side.
WITH refundable AS MATERIALIZED (
    SELECT * FROM UNNEST(%(refund_users)s::uuid[], %(refund_ids)s::text[]) AS refundable(user_id, transaction_id)
),
wanted AS (
    SELECT
        user_id,
        transaction_id,
        CASE WHEN EXISTS (
            SELECT FROM streams
            WHERE streams.user_id = refundable.user_id
                AND direction = 'inflow'
                AND is_income_by_rhythm
                AND refundable.transaction_id = ANY(streams.transaction_ids)
        ) THEN $INFLOW ELSE $REFUND END AS kind
    FROM refundable
    UNION ALL
    SELECT user_id, transaction_id, $INFLOW
    FROM transactions
    WHERE user_id = ANY(%(user_ids)s::uuid[])
        AND kind = $REFUND
        AND (user_id, transaction_id) NOT IN (SELECT user_id, transaction_id FROM refundable)
),
changed AS MATERIALIZED (
    SELECT wanted.*
    FROM wanted
    CROSS JOIN LATERAL (  -- LIMIT keeps the planner from joining all transactions at once
        SELECT kind
        FROM transactions
        WHERE transactions.user_id = wanted.user_id AND transactions.transaction_id = wanted.transaction_id
        LIMIT 1
    ) AS present
    WHERE wanted.kind <> present.kind
)
UPDATE transactions
SET kind = changed.kind
FROM changed
WHERE transactions.user_id = changed.user_id
    AND transactions.transaction_id = changed.transaction_id
