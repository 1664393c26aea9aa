-- Purpose: the charge days and amounts of every counterparty group that could hold a stream.
-- Grain:   one row a person, counterparty and direction with at least 3 posted rows, the last three of which lie within
--          two months and their tolerance.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id · counterparty_key · is_inflow · days int[] (days since 2000-01-01) · cents bigint[] (positive), by day
--          e.g. 7a…, 5519203, false, {9600,9631,9661}, {1599,1599,1599}
SELECT user_id, counterparty_key, is_inflow, days, cents
FROM (
    SELECT
        user_id,
        counterparty_key,
        amount_cents < 0 AS is_inflow,
        ARRAY_AGG(date - DATE '2000-01-01' ORDER BY date) AS days,
        ARRAY_AGG(ABS(amount_cents) ORDER BY date) AS cents
    FROM transactions
    WHERE user_id = ANY(%(user_ids)s::uuid[])
        AND counterparty_key IS NOT NULL
        AND date <= %(as_of)s::date
        AND NOT pending
        AND (kind = 1 AND amount_cents > 0 OR kind IN (10, 11) AND amount_cents < 0)
    GROUP BY user_id, counterparty_key, amount_cents < 0
    HAVING COUNT(*) >= 3
) AS grouped
WHERE days[CARDINALITY(days)] - days[CARDINALITY(days) - 2] <= 66
