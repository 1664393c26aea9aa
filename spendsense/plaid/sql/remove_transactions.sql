-- Remembers the ids that the bank removed or that a posted row superseded, and deletes their rows.
-- Reads staged_removals. Output: one row a person with something newly removed: user_id | count
WITH remembered AS (
    INSERT INTO removed_transactions (user_id, transaction_id)
    SELECT DISTINCT user_id, transaction_id
    FROM staged_removals
    ON CONFLICT (user_id, transaction_id) DO NOTHING
    RETURNING user_id
), deleted AS (
    DELETE FROM transactions
    USING staged_removals
    WHERE transactions.user_id = staged_removals.user_id
        AND transactions.transaction_id = staged_removals.transaction_id
    RETURNING transactions.user_id
)
SELECT user_id, COUNT(*)
FROM (SELECT user_id FROM remembered UNION ALL SELECT user_id FROM deleted) AS changed
GROUP BY user_id;
