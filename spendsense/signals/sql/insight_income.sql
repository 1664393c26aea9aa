-- Purpose: what came in as income, day by day.
-- Grain:   one row a day and sort.
-- Params:  user_id uuid; transaction_ids text[]: the rows that income.sql has summed for the window.
-- Output:  received_on · is_pay (else interest and dividends) · cents (positive) · row_count, by day,
--          e.g. 2026-11-13, TRUE, 165000, 1
SELECT
    date AS received_on,
    kind <> $INTEREST_EARNED AS is_pay,
    (-SUM(amount_cents))::bigint AS cents,
    COUNT(*)::int AS row_count
FROM transactions
WHERE user_id = %(user_id)s::uuid AND transaction_id = ANY(%(transaction_ids)s::text[])
GROUP BY date, is_pay
ORDER BY date, is_pay
