-- Leaves out staged rows whose id was removed or superseded, now or ever: ids are not used twice.
-- Reads and trims staged_transactions. Output: one row a person with rows left out: user_id | count
WITH skipped AS (
    DELETE FROM staged_transactions
    USING removed_transactions
    WHERE removed_transactions.user_id = staged_transactions.user_id
        AND removed_transactions.transaction_id = staged_transactions.transaction_id
    RETURNING staged_transactions.user_id
)
SELECT user_id, COUNT(*) FROM skipped GROUP BY user_id;
