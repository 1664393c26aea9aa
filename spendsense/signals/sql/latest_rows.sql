-- Purpose: how the last row of a group shows itself: its name, account, currency and category.
-- Grain:   one row a group.
-- Params:  user_ids uuid[], counterparty_keys bigint[], are_inflow boolean[], last_days date[]: the groups, side by side.
-- Output:  user_id · counterparty_key · is_inflow · name · account_id · currency · category_primary · category_detailed
SELECT
    wanted.user_id,
    wanted.counterparty_key,
    wanted.is_inflow,
    latest.name,
    latest.account_id,
    latest.currency,
    latest.category_primary,
    latest.category_detailed
FROM UNNEST(%(user_ids)s::uuid[], %(counterparty_keys)s::bigint[], %(are_inflow)s::boolean[], %(last_days)s::date[])
    AS wanted(user_id, counterparty_key, is_inflow, last_day)
CROSS JOIN LATERAL (
    SELECT COALESCE(merchant_name, name) AS name, account_id, currency, category_primary, category_detailed
    FROM transactions
    WHERE transactions.user_id = wanted.user_id
        AND transactions.counterparty_key = wanted.counterparty_key
        AND transactions.date = wanted.last_day
        AND (transactions.amount_cents < 0) = wanted.is_inflow
        AND transactions.kind IN (1, 10, 11)
        AND NOT transactions.pending
    ORDER BY transaction_id DESC
    LIMIT 1
) AS latest
