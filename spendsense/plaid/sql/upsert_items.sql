-- The bank connections that payloads name. The cursor is not kept: pages may come in any order.
-- Reads staged_items. Output: one row a person with changed items: user_id | count
WITH changed AS (
    INSERT INTO items AS stored (user_id, item_id, institution_id)
    SELECT user_id, item_id, institution_id
    FROM staged_items
    ON CONFLICT (user_id, item_id) DO UPDATE SET institution_id = EXCLUDED.institution_id
    WHERE stored.institution_id IS DISTINCT FROM COALESCE(EXCLUDED.institution_id, stored.institution_id)
    RETURNING user_id
)
SELECT user_id, COUNT(*) FROM changed GROUP BY user_id;
