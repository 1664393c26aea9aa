-- Purpose: what a person pays again and again.
-- Grain:   one row a person and window.
-- Needs:   people, spans, spending, active_streams. Params: as_of date.
-- Output:  subscription_count (counterparties) · subscription_monthly_cents (floored) · subscription_share_ratio (of the
--          window's monthly spending, up to what measures.Ratio holds; NULL where that is unknown or nothing) ·
--          subscription_simple_count · subscription_stream_ids
-- Rule:    active subscription streams; a month holds 52/12 weeks, 26/12 fortnights, 2, 1, 1/3 and 1/12 charges.
--          Everything is summed over a year and divided once.
WITH person AS (
    SELECT
        user_id,
        COUNT(DISTINCT counterparty_key)::int AS subscription_count,
        SUM(last_amount_cents::numeric * $CHARGES_A_YEAR) AS yearly_cents,
        ARRAY_AGG(stream_id ORDER BY stream_id) AS subscription_stream_ids
    FROM active_streams
    WHERE kind = 'subscription' AND direction = 'outflow'
    GROUP BY user_id
),
flagged AS (
    SELECT user_id, COUNT(*)::int AS subscription_simple_count
    FROM merchant_flags
    WHERE user_id IN (SELECT user_id FROM people)
        AND flag_from <= %(as_of)s::date
        AND flag_until > %(as_of)s::date
    GROUP BY user_id
)
SELECT
    spans.user_id,
    spans.window_days,
    COALESCE(person.subscription_count, 0) AS subscription_count,
    FLOOR(COALESCE(person.yearly_cents, 0) / 12)::bigint AS subscription_monthly_cents,
    CASE WHEN spending.known_spending_cents IS NOT NULL THEN  -- LEAST passes over NULL
        LEAST(
            FLOOR(COALESCE(person.yearly_cents, 0) * spans.days_seen * 10000 / (12 * 30 * spending.known_spending_cents)),
            99999999999999
        ) / 10000
    END AS subscription_share_ratio,
    COALESCE(flagged.subscription_simple_count, 0) AS subscription_simple_count,
    COALESCE(person.subscription_stream_ids, '{}') AS subscription_stream_ids
FROM spans
LEFT JOIN spending USING (user_id, window_days)
LEFT JOIN person USING (user_id)
LEFT JOIN flagged USING (user_id)
