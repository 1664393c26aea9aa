-- Purpose: rows whose `kind` is no longer what the person's other rows make of them: matched own transfers, rows in
--          another currency than the person's, and those that were one of these and are not any more. Refunds are left
--          alone: mark_refunds.sql looks at them when the streams are known.
-- Grain:   one row a transaction whose kind differs.
-- Params:  user_ids uuid[]; matched_users uuid[] and matched_ids text[]: the matched rows, side by side.
-- Output:  user_id · transaction_id · kind (OWN_TRANSFER, OTHER_CURRENCY, else the row's own)
-- How:     looks only at rows that may differ: matched ones, those in another currency (by ix_transactions_currency), and
--          those that were marked before (by ix_transactions_flow); each of them by its key.
WITH person AS MATERIALIZED (
    SELECT user_id, currency FROM progress WHERE user_id = ANY(%(user_ids)s::uuid[])
),
suspect AS MATERIALIZED (
    SELECT user_id, transaction_id, TRUE AS is_matched, FALSE AS is_foreign
    FROM UNNEST(%(matched_users)s::uuid[], %(matched_ids)s::text[]) AS matched(user_id, transaction_id)
    UNION ALL
    SELECT person.user_id, foreign_row.transaction_id, FALSE, TRUE
    FROM person
    CROSS JOIN LATERAL (
        SELECT transaction_id FROM transactions
        WHERE transactions.user_id = person.user_id AND transactions.currency < person.currency
        UNION ALL
        SELECT transaction_id FROM transactions
        WHERE transactions.user_id = person.user_id AND transactions.currency > person.currency
        UNION ALL
        SELECT transaction_id FROM transactions
        WHERE transactions.user_id = person.user_id AND person.currency IS NULL
    ) AS foreign_row
    UNION ALL
    SELECT person.user_id, marked.transaction_id, FALSE, FALSE
    FROM person
    CROSS JOIN LATERAL (
        SELECT transaction_id FROM transactions
        WHERE transactions.user_id = person.user_id AND kind IN ($OWN_TRANSFER, $OTHER_CURRENCY)
    ) AS marked
),
wanted AS (
    SELECT user_id, transaction_id, BOOL_OR(is_matched) AS is_matched, BOOL_OR(is_foreign) AS is_foreign
    FROM suspect
    GROUP BY user_id, transaction_id
)
SELECT wanted.user_id::text, wanted.transaction_id, becoming.kind
FROM wanted
CROSS JOIN LATERAL (  -- LIMIT keeps the planner from joining all transactions at once
    SELECT kind, base_kind
    FROM transactions
    WHERE transactions.user_id = wanted.user_id AND transactions.transaction_id = wanted.transaction_id
    LIMIT 1
) AS present
CROSS JOIN LATERAL (
    SELECT CASE WHEN is_foreign THEN $OTHER_CURRENCY WHEN is_matched THEN $OWN_TRANSFER ELSE base_kind END AS kind
) AS becoming
WHERE becoming.kind <> present.kind
