-- Purpose: spending, and how many rows were seen and left out.
-- Grain:   one row a person and window.
-- Needs:   spans, flows. Params: as_of date.
-- Output:  spending_cents (net of refunds) · spending_refund_cents (positive) · spending_monthly_cents (floored; NULL with
--          fewer than 30 days seen) · known_spending_cents, for ratios: positive spending of a window whose month is
--          known (NUMERIC, to be multiplied) · rows_…: counts of rows in the window,
--          rows_future those dated after as_of
SELECT
    spans.user_id,
    spans.window_days,
    COALESCE(summed.spending_cents, 0) AS spending_cents,
    COALESCE(summed.spending_refund_cents, 0) AS spending_refund_cents,
    FLOOR(COALESCE(summed.spending_cents, 0) * 30::numeric / spans.enough_days)::bigint AS spending_monthly_cents,
    CASE WHEN spans.enough_days IS NOT NULL AND summed.spending_cents > 0 THEN summed.spending_cents::numeric END
        AS known_spending_cents,
    COALESCE(summed.rows_seen, 0) AS rows_seen,
    COALESCE(summed.rows_other_currency, 0) AS rows_other_currency,
    COALESCE(summed.rows_own_transfer, 0) AS rows_own_transfer,
    COALESCE(summed.rows_off_scope, 0) AS rows_off_scope,
    COALESCE(summed.rows_inflow, 0) AS rows_inflow,
    CASE WHEN spans.next_row_on IS NULL THEN 0 ELSE (
        SELECT COUNT(*)::int FROM transactions
        WHERE transactions.user_id = spans.user_id AND transactions.date > %(as_of)s::date
    ) END AS rows_future
FROM spans
LEFT JOIN (
    SELECT
        user_id,
        window_days,
        SUM(cents) FILTER (WHERE kind IN $SPENDING_KINDS)::bigint AS spending_cents,
        -(SUM(cents) FILTER (WHERE kind = $REFUND))::bigint AS spending_refund_cents,
        SUM(row_count) FILTER (WHERE kind <> $OTHER_CURRENCY)::int AS rows_seen,
        SUM(row_count) FILTER (WHERE kind = $OTHER_CURRENCY)::int AS rows_other_currency,
        SUM(row_count) FILTER (WHERE kind IN ($TRANSFER, $OWN_TRANSFER))::int AS rows_own_transfer,
        SUM(row_count) FILTER (WHERE kind = $OFF_SCOPE)::int AS rows_off_scope,
        SUM(row_count) FILTER (WHERE kind = $INFLOW)::int AS rows_inflow
    FROM flows
    GROUP BY user_id, window_days
) AS summed USING (user_id, window_days)
