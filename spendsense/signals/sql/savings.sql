-- Purpose: what a person puts by, and how long it would last.
-- Grain:   one row a person and window.
-- Needs:   people, spans, spending, holdings. Params: as_of date.
-- Output:  see the savings_ columns of the table signals; all unknown without a savings account.
-- Rules:   net inflow is the net flow of the savings accounts, transfers in included. Growth = net inflow / balance at
--          the window's start, which is the balance at its end less the net inflow; unknown when that is not positive.
--          Emergency fund = balance / monthly spending: low < 1 <= building < 3 <= good < 6 <= excellent.
--          Both ratios end at what measures.Ratio holds.
WITH flow AS (
    SELECT
        user_id,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 30)::bigint AS cents_30,
        SUM(amount_cents) FILTER (WHERE date > %(as_of)s::date - 90)::bigint AS cents_90,
        SUM(amount_cents)::bigint AS cents_180
    FROM transactions
    JOIN holdings USING (user_id)
    WHERE user_id IN (SELECT user_id FROM people)
        AND on_savings
        AND account_id = ANY(savings_account_ids)
        AND kind <> $OTHER_CURRENCY
        AND date > %(as_of)s::date - 180
        AND date <= %(as_of)s::date
    GROUP BY user_id
),
inflow AS (
    SELECT
        spans.*,
        savings_account_count,
        savings_account_ids,
        savings_balance_cents,
        CASE WHEN savings_account_count > 0 THEN
            -COALESCE(CASE spans.window_days WHEN 30 THEN cents_30 WHEN 90 THEN cents_90 ELSE cents_180 END, 0)
        END AS net_inflow_cents,
        savings_balance_cents::numeric * spans.days_seen / (spending.known_spending_cents * 30) AS months
    FROM spans
    LEFT JOIN spending USING (user_id, window_days)
    LEFT JOIN holdings USING (user_id)
    LEFT JOIN flow USING (user_id)
)
SELECT
    user_id,
    window_days,
    COALESCE(savings_account_count, 0) AS savings_account_count,
    net_inflow_cents AS savings_net_inflow_cents,
    FLOOR(net_inflow_cents * 30::numeric / enough_days)::bigint AS savings_net_inflow_monthly_cents,
    savings_balance_cents,
    savings_balance_cents - net_inflow_cents AS savings_start_balance_cents,
    CASE WHEN savings_balance_cents > net_inflow_cents
        THEN GREATEST(
            LEAST(
                FLOOR(net_inflow_cents * 10000::numeric / (savings_balance_cents - net_inflow_cents)), 99999999999999
            ),
            -99999999999999
        ) / 10000
    END AS savings_growth_ratio,
    -- GREATEST and LEAST pass over NULL.
    CASE WHEN months IS NOT NULL
        THEN GREATEST(LEAST(FLOOR(months * 10000), 99999999999999), -99999999999999) / 10000
    END AS savings_emergency_fund_months,
    CASE WHEN months < 1 THEN 'low' WHEN months < 3 THEN 'building' WHEN months < 6 THEN 'good' WHEN months >= 6 THEN 'excellent' END
        AS savings_emergency_fund_level,
    COALESCE(savings_account_ids, '{}') AS savings_account_ids
FROM inflow
