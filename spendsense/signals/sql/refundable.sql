-- Purpose: the inflows that may take back an earlier outflow.
-- Grain:   one row a transaction. Params: user_ids uuid[]. Output: user_id · transaction_id.
-- Rule:    not income, not a transfer, and no larger than one outflow of the same counterparty on the same day or
--          up to 90 days before. A name that says nothing (TRANSFER, its key is odd) is none.
WITH inflow AS MATERIALIZED (  -- so, and below, that no plan works it out for each row of transactions
    SELECT user_id, transaction_id, counterparty_key, date, amount_cents
    FROM transactions
    WHERE user_id = ANY(%(user_ids)s::uuid[]) AND kind IN ($REFUND, $INFLOW) AND amount_cents < 0
),
spent AS MATERIALIZED (  -- the largest outflow of each day to whom something came back from
    SELECT of_them.user_id, of_them.counterparty_key, paid.date, paid.largest_cents
    FROM (SELECT DISTINCT user_id, counterparty_key FROM inflow WHERE counterparty_key %% 2 = 0) AS of_them
    CROSS JOIN LATERAL (  -- by ix_transactions_stream
        SELECT date, MAX(amount_cents) AS largest_cents
        FROM transactions
        WHERE transactions.user_id = of_them.user_id
            AND transactions.counterparty_key = of_them.counterparty_key
            AND (amount_cents < 0) = FALSE
            AND kind IN $SPENDING_KINDS
        GROUP BY date
    ) AS paid
),
lately AS MATERIALIZED (  -- a row a counterparty and day on which money came back: the largest of 90 days until then
    SELECT person_day.user_id, person_day.counterparty_key, person_day.date, MAX(largest_cents) AS largest_cents
    FROM (SELECT DISTINCT user_id, counterparty_key, date FROM inflow) AS person_day
    JOIN spent
        ON spent.user_id = person_day.user_id
        AND spent.counterparty_key = person_day.counterparty_key
        AND person_day.date - spent.date BETWEEN 0 AND 90
    GROUP BY person_day.user_id, person_day.counterparty_key, person_day.date
)
SELECT inflow.user_id::text, inflow.transaction_id
FROM inflow
JOIN lately USING (user_id, counterparty_key, date)
WHERE lately.largest_cents >= -inflow.amount_cents
