-- Purpose: borrowing over all cards of a person; each card by itself stands in card_signals.
-- Grain:   one row a person and window.
-- Needs:   people, spans, events, and card_signals as cards.sql left it. Params: as_of date.
-- Output:  see the credit_ columns of the table signals. Totals are over the cards with a known limit and balance; a flag
--          is true when one card says so, unknown when no card knows. Ratios end at what measures.Ratio holds.
WITH person AS (
    SELECT
        user_id,
        COUNT(*)::int AS credit_card_count,
        COUNT(utilization_ratio)::int AS credit_known_limit_count,
        MAX(utilization_ratio) AS credit_max_utilization_ratio,
        (ARRAY_AGG(account_id ORDER BY utilization_ratio DESC, account_id) FILTER (WHERE utilization_ratio IS NOT NULL))[1]
            AS credit_max_utilization_account_id,
        CASE WHEN COUNT(utilization_ratio) > 0 THEN  -- LEAST passes over NULL
            LEAST(
                FLOOR(
                    SUM(GREATEST(balance_cents, 0)) FILTER (WHERE utilization_ratio IS NOT NULL) * 10000
                    / SUM(limit_cents) FILTER (WHERE utilization_ratio IS NOT NULL)
                ),
                99999999999999
            ) / 10000
        END AS credit_total_utilization_ratio,
        BOOL_OR(is_minimum_payment_only) AS credit_has_minimum_payment_only,
        BOOL_OR(is_overdue) AS credit_is_overdue,
        MIN(next_payment_due_on) FILTER (WHERE next_payment_due_on >= %(as_of)s::date) AS credit_next_payment_due_on,
        MAX(apr_percent) AS credit_max_apr_percent,
        ARRAY_AGG(account_id ORDER BY account_id) AS credit_account_ids,
        SUM(interest_30_cents)::bigint AS interest_30_cents,
        SUM(interest_90_cents)::bigint AS interest_90_cents,
        SUM(interest_180_cents)::bigint AS interest_180_cents
    FROM card_signals
    WHERE user_id IN (SELECT user_id FROM people)
    GROUP BY user_id
),
charged AS (
    SELECT events.user_id, window_days, ARRAY_AGG(transaction_id ORDER BY date, transaction_id) AS transaction_ids
    FROM events
    JOIN card_signals USING (user_id, account_id)  -- an overdraft's interest is spending, and no card's
    JOIN (VALUES (30), (90), (180)) AS windows(window_days) ON events.date > %(as_of)s::date - window_days
    WHERE kind = $INTEREST
    GROUP BY events.user_id, window_days
)
SELECT
    spans.user_id,
    spans.window_days,
    COALESCE(credit_card_count, 0) AS credit_card_count,
    COALESCE(credit_known_limit_count, 0) AS credit_known_limit_count,
    credit_max_utilization_ratio,
    credit_max_utilization_account_id,
    credit_total_utilization_ratio,
    credit_has_minimum_payment_only,
    COALESCE(
        CASE spans.window_days WHEN 30 THEN interest_30_cents WHEN 90 THEN interest_90_cents ELSE interest_180_cents END, 0
    ) AS credit_interest_cents,
    credit_is_overdue,
    credit_next_payment_due_on,
    credit_max_apr_percent,
    COALESCE(credit_account_ids, '{}') AS credit_account_ids,
    COALESCE(charged.transaction_ids, '{}') AS credit_interest_transaction_ids
FROM spans
LEFT JOIN person USING (user_id)
LEFT JOIN charged USING (user_id, window_days)
