-- Purpose: sets `transactions.kind` for rows in another currency and for matched own transfers, and takes back what no
--          longer holds. Refunds are looked at next, by mark_refunds.sql, and left alone here.
-- Grain:   rows of these people whose kind differs.
-- Params:  user_ids uuid[]; matched_users uuid[] and matched_ids text[]: the matched rows, side by side.
-- Kinds:   9 refund · 11 inflow · 21 own transfer · 23 other currency (store/kinds.py)
WITH matched AS MATERIALIZED (
    SELECT user_id, transaction_id
    FROM UNNEST(%(matched_users)s::uuid[], %(matched_ids)s::text[]) AS pair(user_id, transaction_id)
)
UPDATE transactions
SET kind = CASE
    WHEN transactions.currency IS DISTINCT FROM progress.currency THEN 23
    WHEN (transactions.user_id, transactions.transaction_id) IN (SELECT user_id, transaction_id FROM matched) THEN 21
    WHEN transactions.kind = 9 AND transactions.base_kind = 11 THEN 9
    ELSE transactions.base_kind
END
FROM progress
WHERE transactions.user_id = ANY(%(user_ids)s::uuid[])
    AND progress.user_id = ANY(%(user_ids)s::uuid[])
    AND progress.user_id = transactions.user_id
    AND transactions.kind <> CASE
        WHEN transactions.currency IS DISTINCT FROM progress.currency THEN 23
        WHEN (transactions.user_id, transactions.transaction_id) IN (SELECT user_id, transaction_id FROM matched) THEN 21
        WHEN transactions.kind = 9 AND transactions.base_kind = 11 THEN 9
        ELSE transactions.base_kind
    END
