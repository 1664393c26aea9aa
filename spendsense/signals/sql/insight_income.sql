-- Purpose: what came in as income, day by day.
-- Grain:   one row a day and sort.
-- Params:  user_id uuid; as_of date; window_days int.
-- Output:  received_on · is_pay (else interest and dividends) · cents (positive) · row_count, by day,
--          e.g. 2026-11-13, TRUE, 165000, 1
-- Rule:    the rows that income.sql sums, so that the days add up to income_cents exactly: what category or name call
--          income, interest and dividends, and the rows of inflow streams that only their rhythm shows to be income.
SELECT
    date AS received_on,
    kind <> $INTEREST_EARNED AS is_pay,
    (-SUM(amount_cents))::bigint AS cents,
    COUNT(*)::int AS row_count
FROM transactions
WHERE user_id = %(user_id)s::uuid
    AND kind IN ($INCOME, $INFLOW, $INTEREST_EARNED)
    AND date > %(as_of)s::date - %(window_days)s
    AND date <= %(as_of)s::date
    AND (
        kind <> $INFLOW
        OR transaction_id IN (
            SELECT UNNEST(transaction_ids)
            FROM streams
            WHERE streams.user_id = %(user_id)s::uuid AND is_income_by_rhythm
        )
    )
GROUP BY date, kind <> $INTEREST_EARNED
ORDER BY date, is_pay
