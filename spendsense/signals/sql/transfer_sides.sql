-- Purpose: every row that could be one side of a transfer between the accounts of a person with many equal sums, whose
--          pairs (transfer_pairs.sql) are as many as the square of the rows.
-- Grain:   one row a transaction. Which outflow and inflow of one sum make a pair is the caller's to say.
-- Params:  user_ids uuid[]; as_of date; most_days int.
-- Output:  user_id · amount_cents (Plaid's sign) · transaction_id · account_id · day (since 2000-01-01) · is_transfer_like
--          · is_plain (not already called a transfer by category)
--          e.g. 7a…, 25000, 'tx-41', 'checking', 9677, true, true
-- Rule:    that of transfer_pairs.sql, but loose where several inflows share a day: any of them may be the like one.
-- How:     by ix_transactions_amount the inflows, and for each of their sums and days, once, what meets it.
WITH own AS MATERIALIZED (
    SELECT user_id, currency FROM progress WHERE user_id = ANY(%(user_ids)s::uuid[])
),
inflow AS MATERIALIZED (
    SELECT own.user_id, own.currency, candidate.*
    FROM own
    CROSS JOIN LATERAL (  -- OFFSET, here and below, keeps the planner from reading the rows of all people in one scan
        SELECT amount_cents, transaction_id, account_id, date, is_transfer_like, base_kind <> $TRANSFER AS is_plain
        FROM transactions
        WHERE transactions.user_id = own.user_id
            AND amount_cents < 0
            AND date <= %(as_of)s::date
            AND base_kind NOT IN ($INCOME, $INTEREST_EARNED)
            AND currency = own.currency
            AND (  -- on neither a depository account nor a card
                base_kind <> $OFF_SCOPE
                OR (SELECT type FROM accounts WHERE user_id = own.user_id AND account_id = transactions.account_id)
                <> 'loan'
            )
        OFFSET 0
    ) AS candidate
),
arrival AS (  -- a row a person, sum and day
    SELECT
        user_id,
        amount_cents,
        date,
        MIN(currency) AS currency,
        BOOL_OR(is_transfer_like) AS is_transfer_like,
        MIN(account_id) AS first_account_id,
        MAX(account_id) AS last_account_id
    FROM inflow
    GROUP BY user_id, amount_cents, date
),
met AS MATERIALIZED (  -- an outflow stands here once for each day of an inflow that it may meet, nine at most
    SELECT arrival.user_id, arrival.amount_cents AS arrived_cents, arrival.date AS arrived_on, candidate.*
    FROM arrival
    CROSS JOIN LATERAL (
        SELECT amount_cents, transaction_id, account_id, date, is_transfer_like, base_kind <> $TRANSFER AS is_plain
        FROM transactions
        WHERE transactions.user_id = arrival.user_id
            AND amount_cents = -arrival.amount_cents
            AND date BETWEEN arrival.date - %(most_days)s AND arrival.date + %(most_days)s
            AND date <= %(as_of)s::date
            AND (is_transfer_like OR arrival.is_transfer_like)
            AND currency = arrival.currency
            AND (
                base_kind <> $OFF_SCOPE
                OR (SELECT type FROM accounts WHERE user_id = arrival.user_id AND account_id = transactions.account_id)
                <> 'loan'
            )
            AND (account_id <> arrival.first_account_id OR account_id <> arrival.last_account_id)
        OFFSET 0
    ) AS candidate
),
side AS (
    SELECT DISTINCT user_id, amount_cents, transaction_id, account_id, date, is_transfer_like, is_plain FROM met
    UNION ALL
    SELECT user_id, amount_cents, transaction_id, account_id, date, is_transfer_like, is_plain
    FROM inflow
    WHERE (user_id, amount_cents, date) IN (SELECT user_id, arrived_cents, arrived_on FROM met)
)
SELECT user_id::text, amount_cents, transaction_id, account_id, date - DATE '2000-01-01' AS day, is_transfer_like, is_plain
FROM side
