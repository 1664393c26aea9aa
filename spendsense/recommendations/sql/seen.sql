-- The last day of the evidence behind the signals of a shard, where one is known.
-- Grain: one row a person.
-- Parameters: user_ids, window_days (primary), as_of.
-- Output: user_id, then a day or NULL each: the last fee and the last card interest of the window, the last charge of an
--   active subscription, the last pay, the last balance of a card and of a savings account.
-- Sample: ('0a…', 2026-11-03, NULL, 2026-11-18, 2026-11-13, 2026-11-22, NULL)
SELECT
    s.user_id::text,
    (
        SELECT max(t.date)
        FROM transactions AS t
        WHERE t.user_id = s.user_id AND t.transaction_id = ANY (s.fee_transaction_ids)
    ) AS fee_on,
    (
        SELECT max(t.date)
        FROM transactions AS t
        WHERE t.user_id = s.user_id AND t.transaction_id = ANY (s.credit_interest_transaction_ids)
    ) AS interest_on,
    (
        SELECT max(x.last_on)
        FROM streams AS x
        WHERE x.user_id = s.user_id AND x.stream_id = ANY (s.subscription_stream_ids)
    ) AS subscription_on,
    s.income_last_pay_on,
    (
        SELECT max(b.observed_on)
        FROM balances AS b
        WHERE b.user_id = s.user_id AND b.account_id = ANY (s.credit_account_ids) AND b.observed_on <= %(as_of)s
    ) AS card_balance_on,
    (
        SELECT max(b.observed_on)
        FROM balances AS b
        WHERE b.user_id = s.user_id AND b.account_id = ANY (s.savings_account_ids) AND b.observed_on <= %(as_of)s
    ) AS savings_balance_on
FROM signals AS s
WHERE s.user_id = ANY (%(user_ids)s::uuid[]) AND s.window_days = %(window_days)s
