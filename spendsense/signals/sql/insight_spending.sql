-- Purpose: where the window's spending went.
-- Grain:   one row a category; without one, NULL.
-- Params:  user_id uuid; as_of date; window_days int.
-- Output:  category · cents (net of refunds; below zero where more came back) · refund_cents (positive) · row_count,
--          largest first, e.g. FOOD_AND_DRINK, 41250, 1999, 23
-- Rule:    the kinds that spending.sql sums, so that the categories add up to spending_cents exactly. A refund is
--          under its own category. A category is the person's where they gave one, else the bank's.
SELECT
    CASE WHEN corrections.user_id IS NULL THEN transactions.category_primary ELSE corrections.category_primary END
        AS category,
    SUM(amount_cents)::bigint AS cents,
    COALESCE(-SUM(amount_cents) FILTER (WHERE kind = $REFUND), 0)::bigint AS refund_cents,
    COUNT(*)::int AS row_count
FROM transactions
LEFT JOIN corrections USING (user_id, transaction_id)
WHERE user_id = %(user_id)s::uuid
    AND kind IN $SPENDING_KINDS
    AND date > %(as_of)s::date - %(window_days)s
    AND date <= %(as_of)s::date
GROUP BY 1
ORDER BY cents DESC, category
