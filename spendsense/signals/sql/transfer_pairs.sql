-- Purpose: every two rows that could be the two sides of one transfer between a person's own accounts.
-- Grain:   one row a pair; a row may stand in several. The caller takes them in this order, each row once.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id · outflow_id · inflow_id · outflow_is_plain, inflow_is_plain (not already called a transfer by category)
--          e.g. 7a…, 'tx-41', 'tx-57', true, false
-- Rule:    same currency and amount, opposite signs, other account, at most 4 days apart, at least one a transfer or
--          payment by category or name. Loan accounts take no part: paying a loan is spending. Income is no transfer.
WITH own_account AS MATERIALIZED (
    SELECT accounts.user_id, accounts.account_id, progress.currency
    FROM accounts
    JOIN progress USING (user_id)
    WHERE accounts.user_id = ANY(%(user_ids)s::uuid[])
        AND progress.user_id = ANY(%(user_ids)s::uuid[])
        AND accounts.type <> 'loan'
),
inflow AS MATERIALIZED (
    SELECT
        transactions.user_id, transaction_id, transactions.account_id, date, amount_cents, base_kind, is_transfer_like,
        transactions.currency
    FROM transactions
    JOIN own_account
        ON own_account.user_id = transactions.user_id
        AND own_account.account_id = transactions.account_id
        AND own_account.currency = transactions.currency
    WHERE transactions.user_id = ANY(%(user_ids)s::uuid[])
        AND amount_cents < 0
        AND base_kind NOT IN (10, 12)
        AND date <= %(as_of)s::date
)
SELECT
    outflow.user_id,
    outflow.transaction_id AS outflow_id,
    inflow.transaction_id AS inflow_id,
    outflow.base_kind <> 20 AS outflow_is_plain,
    inflow.base_kind <> 20 AS inflow_is_plain
FROM inflow
JOIN transactions AS outflow
    ON outflow.user_id = inflow.user_id
    AND -outflow.amount_cents = inflow.amount_cents
    AND outflow.currency = inflow.currency
    AND outflow.account_id <> inflow.account_id
    AND outflow.date BETWEEN inflow.date - 4 AND inflow.date + 4
    AND (inflow.is_transfer_like OR outflow.is_transfer_like)
JOIN own_account ON own_account.user_id = outflow.user_id AND own_account.account_id = outflow.account_id
WHERE outflow.user_id = ANY(%(user_ids)s::uuid[])
    AND outflow.date <= %(as_of)s::date
ORDER BY outflow.user_id, ABS(inflow.date - outflow.date), outflow.transaction_id, inflow.transaction_id
