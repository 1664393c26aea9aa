-- Leaves out staged rows whose id was removed, now or ever: ids are not used twice. Of an id that a posted row named as
-- its pending one a row is left out unless it is known to be posted.
-- Reads and trims staged_transactions. Output: one row a person with rows left out: user_id | count
WITH skipped AS (
    DELETE FROM staged_transactions
    USING removed_transactions
    WHERE removed_transactions.user_id = staged_transactions.user_id
        AND removed_transactions.transaction_id = staged_transactions.transaction_id
        AND (NOT removed_transactions.is_superseded OR staged_transactions.pending IS NOT FALSE)
    RETURNING staged_transactions.user_id
)
SELECT user_id, COUNT(*) FROM skipped GROUP BY user_id;
