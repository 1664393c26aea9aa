-- Purpose: turns an inflow that takes back an earlier outflow into a refund, and back when that no longer holds.
-- Grain:   rows of these people that are, or could be, a refund, and whose kind differs.
-- Params:  user_ids uuid[].
-- Rule:    not income, not a transfer, and no larger than one outflow of the same counterparty on the same day or
--          up to 90 days before. A name that says nothing (TRANSFER, its key is odd) is none.
WITH inflow AS MATERIALIZED (  -- so, and below, that no plan works it out for each row of transactions
    SELECT user_id, transaction_id, counterparty_key, date, amount_cents, kind
    FROM transactions
    WHERE user_id = ANY(%(user_ids)s::uuid[]) AND kind IN (9, 11) AND amount_cents < 0
),
wanted AS (
    SELECT
        inflow.user_id,
        inflow.transaction_id,
        inflow.kind AS present,
        CASE
            WHEN inflow.counterparty_key IS NOT NULL AND inflow.counterparty_key %% 2 = 0 AND EXISTS (
                SELECT FROM transactions AS outflow
                WHERE outflow.user_id = inflow.user_id
                    AND outflow.counterparty_key = inflow.counterparty_key
                    AND outflow.date BETWEEN inflow.date - 90 AND inflow.date
                    AND outflow.amount_cents >= -inflow.amount_cents
                    AND outflow.kind BETWEEN 1 AND 7
            ) THEN 9
            ELSE 11
        END AS kind
    FROM inflow
),
changed AS MATERIALIZED (
    SELECT * FROM wanted WHERE kind <> present
)
UPDATE transactions
SET kind = changed.kind
FROM changed
WHERE transactions.user_id = changed.user_id
    AND transactions.transaction_id = changed.transaction_id
