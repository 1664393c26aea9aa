-- Purpose: the sums that most signals are made of, read from the index ix_transactions_flow alone.
-- Grain:   one row a person, kind and window that has rows.
-- Needs:   people. Params: as_of date.
-- Output:  user_id · kind · window_days · cents (Plaid's sign) · row_count, e.g. 7a…, 1, 90, 612345, 214
-- How:     one pass over a person's part of the index, which is in the order of the kinds: no sort, no hash. A look into
--          each kind would spare the rows before the window, and costs as much as some thousand of them.
SELECT user_id, kind, windowed.window_days, windowed.cents, windowed.row_count
FROM people
CROSS JOIN LATERAL (
    SELECT
        kind,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 30)::bigint AS cents_30,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 90)::bigint AS cents_90,
        SUM(amount_cents)::bigint AS cents_180,
        COUNT(*) FILTER (WHERE date > %(as_of)s::date - 30)::int AS rows_30,
        COUNT(*) FILTER (WHERE date > %(as_of)s::date - 90)::int AS rows_90,
        COUNT(*)::int AS rows_180
    FROM transactions
    WHERE transactions.user_id = people.user_id
        AND transactions.date > %(as_of)s::date - 180
        AND transactions.date <= %(as_of)s::date
    GROUP BY kind
) AS summed
CROSS JOIN LATERAL (
    VALUES (30, cents_30, rows_30), (90, cents_90, rows_90), (180, cents_180, rows_180)
) AS windowed(window_days, cents, row_count)
WHERE windowed.row_count > 0
