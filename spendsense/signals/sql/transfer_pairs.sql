-- Purpose: every two rows that could be the two sides of one transfer between a person's own accounts.
-- Grain:   one row a pair; a row may stand in several. The caller takes them in this order, each row once.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id · outflow_id · inflow_id · outflow_is_plain, inflow_is_plain (not already called a transfer by category)
--          e.g. 7a…, 'tx-41', 'tx-57', true, false
-- Rule:    same currency and amount, opposite signs, other account, at most 4 days apart, at least one a transfer or
--          payment by category or name. Loan accounts take no part: paying a loan is spending. Income is no transfer.
-- How:     the few rows that call themselves transfers, and by ix_transactions_amount what meets them.
WITH own_account AS MATERIALIZED (
    SELECT accounts.user_id, accounts.account_id, progress.currency
    FROM accounts
    JOIN progress USING (user_id)
    WHERE accounts.user_id = ANY(%(user_ids)s::uuid[])
        AND progress.user_id = ANY(%(user_ids)s::uuid[])
        AND accounts.type <> 'loan'
),
called_transfer AS MATERIALIZED (  -- apart, so that the accounts are joined once and not once a person
    SELECT row.*
    FROM UNNEST(%(user_ids)s::uuid[]) AS person (user_id)
    CROSS JOIN LATERAL (  -- OFFSET keeps the planner from reading the rows of all people in one scan
        SELECT user_id, account_id, transaction_id, date, amount_cents, base_kind, currency
        FROM transactions
        WHERE transactions.user_id = person.user_id
            AND is_transfer_like
            AND date <= %(as_of)s::date
            AND NOT (amount_cents < 0 AND base_kind IN (10, 12))
        OFFSET 0
    ) AS row
),
likely AS MATERIALIZED (
    SELECT called_transfer.*
    FROM called_transfer
    JOIN own_account USING (user_id, account_id, currency)
),
met AS MATERIALIZED (
    SELECT
        likely.user_id,
        likely.amount_cents > 0 AS likely_is_outflow,
        likely.transaction_id AS likely_id,
        likely.base_kind <> 20 AS likely_is_plain,
        other.transaction_id AS other_id,
        other.account_id AS other_account_id,
        other.currency,
        other.base_kind <> 20 AS other_is_plain,
        ABS(other.date - likely.date) AS days_apart
    FROM likely
    CROSS JOIN LATERAL (
        SELECT transaction_id, account_id, date, amount_cents, base_kind, currency, is_transfer_like
        FROM transactions
        WHERE transactions.user_id = likely.user_id
            AND transactions.amount_cents = -likely.amount_cents
            AND transactions.date BETWEEN likely.date - 4 AND likely.date + 4
    ) AS other
    WHERE other.currency = likely.currency
        AND other.account_id <> likely.account_id
        AND other.date <= %(as_of)s::date
        AND likely.amount_cents <> 0
        AND NOT (other.amount_cents < 0 AND other.base_kind IN (10, 12))
        AND (likely.amount_cents > 0 OR NOT other.is_transfer_like)  -- where both are likely, the pair comes up once
)
SELECT
    met.user_id,
    CASE WHEN likely_is_outflow THEN likely_id ELSE other_id END AS outflow_id,
    CASE WHEN likely_is_outflow THEN other_id ELSE likely_id END AS inflow_id,
    CASE WHEN likely_is_outflow THEN likely_is_plain ELSE other_is_plain END AS outflow_is_plain,
    CASE WHEN likely_is_outflow THEN other_is_plain ELSE likely_is_plain END AS inflow_is_plain
FROM met
JOIN own_account
    ON own_account.user_id = met.user_id
    AND own_account.account_id = met.other_account_id
    AND own_account.currency = met.currency
ORDER BY met.user_id, days_apart, outflow_id, inflow_id
