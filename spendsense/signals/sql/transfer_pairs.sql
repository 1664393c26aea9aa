-- Purpose: every two rows that could be the two sides of one transfer between a person's own accounts.
-- Grain:   one row a pair; a row may stand in several. The caller takes them in this order, each row once.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id · outflow_id · inflow_id · outflow_is_plain, inflow_is_plain (not already called a transfer by category)
--          e.g. 7a…, 'tx-41', 'tx-57', true, false
-- Rule:    same currency and amount, opposite signs, other account, at most 4 days apart, at least one a transfer or
--          payment by category or name. Loan accounts take no part: paying a loan is spending. Income is no transfer.
-- How:     by ix_transactions_amount the inflows, of which people have few, and what meets each of them.
WITH own AS MATERIALIZED (  -- a row a person
    SELECT accounts.user_id, progress.currency, ARRAY_AGG(accounts.account_id) AS account_ids
    FROM accounts
    JOIN progress USING (user_id)
    WHERE accounts.user_id IN (SELECT UNNEST(%(user_ids)s::uuid[])) AND accounts.type <> 'loan'
    GROUP BY accounts.user_id, progress.currency
)
SELECT
    own.user_id::text,
    outflow.transaction_id AS outflow_id,
    inflow.transaction_id AS inflow_id,
    outflow.base_kind <> 20 AS outflow_is_plain,
    inflow.base_kind <> 20 AS inflow_is_plain
FROM own
CROSS JOIN LATERAL (  -- OFFSET, here and below, keeps the planner from reading the rows of all people in one scan
    SELECT account_id, transaction_id, date, amount_cents, base_kind, is_transfer_like
    FROM transactions
    WHERE transactions.user_id = own.user_id
        AND amount_cents < 0
        AND date <= %(as_of)s::date
        AND base_kind NOT IN (10, 12)
        AND currency = own.currency
        AND account_id = ANY(own.account_ids)
    OFFSET 0
) AS inflow
CROSS JOIN LATERAL (
    SELECT transaction_id, date, base_kind
    FROM transactions
    WHERE transactions.user_id = own.user_id
        AND amount_cents = -inflow.amount_cents
        AND date BETWEEN inflow.date - 4 AND inflow.date + 4
        AND date <= %(as_of)s::date
        AND (is_transfer_like OR inflow.is_transfer_like)
        AND currency = own.currency
        AND account_id = ANY(own.account_ids)
        AND account_id <> inflow.account_id
    OFFSET 0
) AS outflow
ORDER BY own.user_id, ABS(outflow.date - inflow.date), outflow_id, inflow_id
