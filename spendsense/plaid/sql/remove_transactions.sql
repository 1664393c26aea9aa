-- Remembers the ids that the bank removed or that a posted row named as its pending one, and deletes their rows: of those
-- that are named only what is pending, or is not known to be posted.
-- Reads staged_removals, no id twice for one person. Output: one row a person with something newly removed: user_id | count
WITH remembered AS (
    INSERT INTO removed_transactions AS stored (user_id, transaction_id, is_superseded)
    SELECT user_id, transaction_id, is_superseded
    FROM staged_removals
    ON CONFLICT (user_id, transaction_id) DO UPDATE SET is_superseded = FALSE
    WHERE stored.is_superseded AND NOT EXCLUDED.is_superseded
    RETURNING user_id
), deleted AS (
    DELETE FROM transactions
    USING staged_removals
    WHERE transactions.user_id = staged_removals.user_id
        AND transactions.transaction_id = staged_removals.transaction_id
        AND (NOT staged_removals.is_superseded OR transactions.pending OR transactions.is_pending_assumed)
    RETURNING transactions.user_id
)
SELECT user_id, COUNT(*)
FROM (SELECT user_id FROM remembered UNION ALL SELECT user_id FROM deleted) AS changed
GROUP BY user_id;
