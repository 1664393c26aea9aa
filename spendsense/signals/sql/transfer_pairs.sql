-- Purpose: every two rows that could be the two sides of one transfer between a person's own accounts.
-- Grain:   one row a pair; a row may stand in several. The caller takes them in this order, each row once.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id · outflow_id · inflow_id · outflow_is_plain, inflow_is_plain (not already called a transfer by category)
--          e.g. 7a…, 'tx-41', 'tx-57', true, false
-- Rule:    same currency and amount, opposite signs, other account, at most 4 days apart, at least one a transfer or
--          payment by category or name. Loan accounts take no part: paying a loan is spending. Income is no transfer.
-- How:     the few rows that call themselves transfers, and by ix_transactions_amount what meets them.
WITH own AS MATERIALIZED (  -- a row a person
    SELECT accounts.user_id, progress.currency, ARRAY_AGG(accounts.account_id) AS account_ids
    FROM accounts
    JOIN progress USING (user_id)
    WHERE accounts.user_id IN (SELECT UNNEST(%(user_ids)s::uuid[])) AND accounts.type <> 'loan'
    GROUP BY accounts.user_id, progress.currency
)
SELECT
    own.user_id,
    CASE WHEN likely.amount_cents > 0 THEN likely.transaction_id ELSE other.transaction_id END AS outflow_id,
    CASE WHEN likely.amount_cents > 0 THEN other.transaction_id ELSE likely.transaction_id END AS inflow_id,
    CASE WHEN likely.amount_cents > 0 THEN likely.base_kind ELSE other.base_kind END <> 20 AS outflow_is_plain,
    CASE WHEN likely.amount_cents > 0 THEN other.base_kind ELSE likely.base_kind END <> 20 AS inflow_is_plain
FROM own
CROSS JOIN LATERAL (  -- OFFSET, here and below, keeps the planner from reading the rows of all people in one scan
    SELECT account_id, transaction_id, date, amount_cents, base_kind
    FROM transactions
    WHERE transactions.user_id = own.user_id
        AND is_transfer_like
        AND date <= %(as_of)s::date
        AND amount_cents <> 0
        AND currency = own.currency
        AND account_id = ANY(own.account_ids)
        AND NOT (amount_cents < 0 AND base_kind IN (10, 12))
    OFFSET 0
) AS likely
CROSS JOIN LATERAL (
    SELECT transaction_id, date, base_kind
    FROM transactions
    WHERE transactions.user_id = own.user_id
        AND amount_cents = -likely.amount_cents
        AND date BETWEEN likely.date - 4 AND likely.date + 4
        AND date <= %(as_of)s::date
        AND currency = own.currency
        AND account_id = ANY(own.account_ids)
        AND account_id <> likely.account_id
        AND NOT (amount_cents < 0 AND base_kind IN (10, 12))
        AND (likely.amount_cents > 0 OR NOT is_transfer_like)  -- where both are likely, the pair comes up once
    OFFSET 0
) AS other
ORDER BY own.user_id, ABS(other.date - likely.date), outflow_id, inflow_id
