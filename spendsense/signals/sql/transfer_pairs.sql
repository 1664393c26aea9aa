-- Purpose: every two rows that could be the two sides of one transfer between a person's own accounts.
-- Grain:   one row a pair; a row may stand in several. The caller takes them in this order, each row once.
-- Params:  user_ids uuid[]; as_of date; most_days int: that may lie between the two; enough int: no more outflows than
--          these are looked at for one inflow.
-- Output:  user_id · outflow_id · inflow_id · outflow_is_plain, inflow_is_plain (not already called a transfer by category)
--          · is_crowded (the inflow has met `enough` outflows: this one row stands for them all, and need be no pair)
--          e.g. 7a…, 'tx-41', 'tx-57', true, false, false
-- Rule:    same currency and amount, opposite signs, other account, at most most_days apart, at least one a transfer or
--          payment by category or name. Loan accounts take no part: paying a loan is spending. Income is no transfer.
-- How:     by ix_transactions_amount the inflows, of which people have few, and what meets each of them.
WITH own AS MATERIALIZED (
    SELECT user_id, currency FROM progress WHERE user_id = ANY(%(user_ids)s::uuid[])
)
SELECT
    own.user_id::text,
    outflow.transaction_id AS outflow_id,
    inflow.transaction_id AS inflow_id,
    outflow.base_kind <> $TRANSFER AS outflow_is_plain,
    inflow.base_kind <> $TRANSFER AS inflow_is_plain,
    outflow.met = %(enough)s AS is_crowded
FROM own
CROSS JOIN LATERAL (  -- OFFSET, and LIMIT below, keep the planner from reading the rows of all people in one scan
    SELECT account_id, transaction_id, date, amount_cents, base_kind, is_transfer_like
    FROM transactions
    WHERE transactions.user_id = own.user_id
        AND amount_cents < 0
        AND date <= %(as_of)s::date
        AND base_kind NOT IN ($INCOME, $INTEREST_EARNED)
        AND currency = own.currency
        AND (  -- on neither a depository account nor a card
            base_kind <> $OFF_SCOPE
            OR (SELECT type FROM accounts WHERE user_id = own.user_id AND account_id = transactions.account_id) <> 'loan'
        )
    OFFSET 0
) AS inflow
CROSS JOIN LATERAL (
    SELECT *, COUNT(*) OVER () AS met, ROW_NUMBER() OVER () AS place
    FROM (
        SELECT account_id, transaction_id, date, currency, base_kind, is_transfer_like
        FROM transactions
        WHERE transactions.user_id = own.user_id
            AND amount_cents = -inflow.amount_cents
            AND date BETWEEN inflow.date - %(most_days)s AND inflow.date + %(most_days)s
            AND date <= %(as_of)s::date
        LIMIT %(enough)s
    ) AS equal
) AS outflow
WHERE outflow.met = %(enough)s AND outflow.place = 1
    OR outflow.met < %(enough)s
        AND (inflow.is_transfer_like OR outflow.is_transfer_like)
        AND outflow.account_id <> inflow.account_id
        AND outflow.currency = own.currency
        AND (
            outflow.base_kind <> $OFF_SCOPE
            OR (SELECT type FROM accounts WHERE user_id = own.user_id AND account_id = outflow.account_id) <> 'loan'
        )
ORDER BY own.user_id, ABS(outflow.date - inflow.date), outflow_id, inflow_id
