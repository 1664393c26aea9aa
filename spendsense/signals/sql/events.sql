-- Purpose: the rows that are named one by one as evidence: interest, fees and income, from ix_transactions_events alone.
-- Grain:   one row a transaction of the last 180 days.
-- Needs:   people. Params: as_of date.
-- Output:  user_id · date · kind · amount_cents (Plaid's sign) · account_id · transaction_id
SELECT user_id, date, kind, amount_cents, account_id, transaction_id
FROM transactions
WHERE user_id IN (SELECT user_id FROM people)
    AND date > %(as_of)s::date - 180
    AND date <= %(as_of)s::date
    AND kind IN $EVENT_KINDS
