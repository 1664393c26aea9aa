-- Purpose: what a person earns, how regularly, and how long the checking balance would last.
-- Grain:   one row a person and window.
-- Needs:   people, spans, spending, holdings, events, active_streams. Params: as_of date.
-- Output:  see the income_ columns of the table signals.
-- Rules:   income is the rows that category or name call income, and the rows of inflow streams that only their rhythm
--          shows to be income, those of a stream that has ended too: the money did come in.
--          Interest and dividends are income but no pay: they count in the sums alone.
--          Median gap between distinct pay dates over 180 days, the same in every window; fewer than 3 dates: unknown.
--          Frequency is the cadence of the active income stream with the largest sum over 180 days, else irregular from
--          3 pay dates on. A bonus is more than 1.5 × the window's median pay; variability is the population standard
--          deviation of the base pay over its mean, from 3 payments on. The buffer ends at what measures.Ratio
--          holds.
WITH received AS (
    SELECT user_id, date, -amount_cents AS cents, transaction_id, kind = $INCOME AS is_pay, FALSE AS is_by_rhythm
    FROM events
    WHERE kind IN ($INCOME, $INTEREST_EARNED)
    UNION ALL
    SELECT transactions.user_id, transactions.date, -transactions.amount_cents, transactions.transaction_id, TRUE, TRUE
    FROM streams
    JOIN transactions
        ON transactions.user_id = streams.user_id AND transactions.transaction_id = ANY(streams.transaction_ids)
    WHERE streams.user_id IN (SELECT user_id FROM people)
        AND streams.is_income_by_rhythm
        AND transactions.kind = $INFLOW
        AND transactions.date > %(as_of)s::date - 180
        AND transactions.date <= %(as_of)s::date
),
pays AS (
    SELECT user_id, date, cents, transaction_id FROM received WHERE is_pay
),
gaps AS (
    SELECT user_id, date, date - LAG(date) OVER (PARTITION BY user_id ORDER BY date) AS gap_days
    FROM (SELECT DISTINCT user_id, date FROM pays) AS pay_dates
),
rhythm AS (
    SELECT
        user_id,
        COUNT(*) AS pay_dates,
        CASE WHEN COUNT(*) >= 3 THEN PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY gap_days) END AS median_gap_days
    FROM gaps
    GROUP BY user_id
),
pay_streams AS (
    SELECT user_id, counterparty_key, cadence, transaction_ids, COUNT(*) OVER (PARTITION BY user_id) AS rivals
    FROM active_streams
    WHERE kind = 'income'
        AND direction = 'inflow'
        AND cadence NOT IN ('QUARTERLY', 'ANNUALLY')  -- nobody lives from pay to pay at these
),
main_stream AS (  -- the sum is looked up only where there is something to choose between
    SELECT DISTINCT ON (user_id) user_id, cadence
    FROM pay_streams
    ORDER BY
        user_id,
        CASE WHEN rivals > 1 THEN (
            SELECT COALESCE(SUM(amount_cents), 0)
            FROM transactions
            WHERE transactions.user_id = pay_streams.user_id
                AND transactions.transaction_id = ANY(pay_streams.transaction_ids)
                AND transactions.date > %(as_of)s::date - 180
                AND transactions.date <= %(as_of)s::date
        ) END,
        counterparty_key,
        cadence COLLATE "C"
),
last_pay AS (
    SELECT DISTINCT ON (user_id) user_id, date, cents
    FROM pays
    ORDER BY user_id, date DESC, transaction_id DESC
),
windowed AS (
    SELECT
        received.user_id,
        window_days,
        SUM(cents)::bigint AS cents,
        (COUNT(*) FILTER (WHERE is_pay))::int AS pay_count,
        COUNT(*) FILTER (WHERE is_by_rhythm)::int AS rows_by_rhythm,
        PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY cents) FILTER (WHERE is_pay) AS median_cents,
        ARRAY_AGG(transaction_id ORDER BY date, transaction_id) AS transaction_ids
    FROM received
    JOIN (VALUES (30), (90), (180)) AS windows(window_days) ON received.date > %(as_of)s::date - window_days
    GROUP BY received.user_id, window_days
),
base AS (
    SELECT
        pays.user_id,
        windowed.window_days,
        COUNT(*) FILTER (WHERE pays.cents > 1.5 * median_cents)::int AS bonus_count,
        COALESCE(SUM(pays.cents) FILTER (WHERE pays.cents > 1.5 * median_cents), 0)::bigint AS bonus_cents,
        CASE WHEN COUNT(*) FILTER (WHERE pays.cents <= 1.5 * median_cents) >= 3 THEN
            FLOOR(
                STDDEV_POP(pays.cents) FILTER (WHERE pays.cents <= 1.5 * median_cents) * 10000
                / NULLIF(AVG(pays.cents) FILTER (WHERE pays.cents <= 1.5 * median_cents), 0)
            ) / 10000
        END AS variability_ratio
    FROM pays
    JOIN windowed ON windowed.user_id = pays.user_id AND pays.date > %(as_of)s::date - windowed.window_days
    GROUP BY pays.user_id, windowed.window_days
)
SELECT
    spans.user_id,
    spans.window_days,
    COALESCE(windowed.cents, 0) AS income_cents,
    FLOOR(COALESCE(windowed.cents, 0) * 30::numeric / spans.enough_days)::bigint AS income_monthly_cents,
    COALESCE(windowed.pay_count, 0) AS income_pay_count,
    COALESCE(windowed.rows_by_rhythm, 0) AS rows_by_rhythm,
    COALESCE(
        REPLACE(LOWER(main_stream.cadence), '_', '-'),
        CASE WHEN rhythm.pay_dates >= 3 THEN 'irregular' END
    ) AS income_frequency,
    rhythm.median_gap_days AS income_median_gap_days,
    base.variability_ratio AS income_variability_ratio,
    COALESCE(base.bonus_count, 0) AS income_bonus_count,
    COALESCE(base.bonus_cents, 0) AS income_bonus_cents,
    last_pay.cents AS income_last_pay_cents,
    last_pay.date AS income_last_pay_on,
    holdings.checking_balance_cents AS income_checking_balance_cents,
    -- GREATEST and LEAST pass over NULL.
    CASE WHEN holdings.checking_balance_cents IS NOT NULL AND spending.known_spending_cents IS NOT NULL THEN
        GREATEST(
            LEAST(
                FLOOR(
                    holdings.checking_balance_cents::numeric * spans.days_seen * 10000
                    / (spending.known_spending_cents * 30)
                ),
                99999999999999
            ),
            -99999999999999
        ) / 10000
    END AS income_buffer_months,
    COALESCE(holdings.checking_account_ids, '{}') AS income_checking_account_ids,
    COALESCE(windowed.transaction_ids, '{}') AS income_transaction_ids
FROM spans
LEFT JOIN spending USING (user_id, window_days)
LEFT JOIN holdings USING (user_id)
LEFT JOIN rhythm USING (user_id)
LEFT JOIN main_stream USING (user_id)
LEFT JOIN last_pay USING (user_id)
LEFT JOIN windowed USING (user_id, window_days)
LEFT JOIN base USING (user_id, window_days)
