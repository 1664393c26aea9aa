-- Purpose: how much of each card's limit was used, day by day as it was seen.
-- Grain:   one row a card and observation in the window, and the last one before it, which holds on the first day;
--          a card that was never seen has one row without a day.
-- Params:  user_id uuid; account_ids text[]: the cards that credit.sql has looked at; as_of date; window_days int.
-- Output:  account_id · name · mask · seen_on · balance_cents · limit_cents · utilization_ratio (floored to 1/10,000),
--          by card and day, e.g. visa, Visa, 4523, 2026-11-03, 340000, 500000, 0.6800
-- Rule:    the ratio of cards.sql: the last row of a card is what card_signals says.
SELECT
    accounts.account_id,
    accounts.name,
    accounts.mask,
    CASE WHEN observed.observed_on < span.first_day THEN span.first_day ELSE observed.observed_on END AS seen_on,
    observed.current_cents AS balance_cents,
    observed.limit_cents,
    CASE
        WHEN observed.limit_cents > 0 AND observed.current_cents IS NOT NULL
            THEN LEAST(
                GREATEST(observed.current_cents, 0) * 10000 / observed.limit_cents, 99999999999999
            )::numeric / 10000
    END AS utilization_ratio
FROM accounts
CROSS JOIN (SELECT %(as_of)s::date - %(window_days)s + 1 AS first_day) AS span
LEFT JOIN LATERAL (
    SELECT observed_on, current_cents, limit_cents
    FROM balances
    WHERE balances.user_id = accounts.user_id
        AND balances.account_id = accounts.account_id
        AND observed_on <= %(as_of)s::date
        AND observed_on >= COALESCE(
            (
                SELECT MAX(before.observed_on)
                FROM balances AS before
                WHERE before.user_id = accounts.user_id
                    AND before.account_id = accounts.account_id
                    AND before.observed_on <= span.first_day
            ),
            span.first_day
        )
) AS observed ON TRUE
WHERE accounts.user_id = %(user_id)s::uuid AND accounts.account_id = ANY(%(account_ids)s::text[])
ORDER BY accounts.account_id, seen_on
