-- Purpose: the charges of every group (person, counterparty, direction) that could hold a stream or a simple flag.
-- Grain:   one row a group that is worth looking at: between a sixth and a third of all.
-- Params:  user_ids uuid[]; as_of date; asked_users uuid[], asked_keys bigint[], asked_inflow boolean[]: groups, side by
--          side, that are wanted in any case.
-- Output:  user_id · counterparty_key · is_inflow · codes int[] (days since 1970-01-01 · 256 + kind · 8 + purpose) ·
--          cents bigint[] (positive) · may_have_stream · may_have_flag · transaction_ids (text, between unit
--          separators); codes, cents and ids by day, then id
--          e.g. 7a…, 5519202, false, {5261832,5269768,5277448}, {1599,1599,1599}, true, true, tx-1␟tx-2␟tx-3
-- How:     one GroupAggregate a person in the order of ix_transactions_stream: no sort, no hash, no heap. Most groups are
--          habits, shops and cash: there only amounts that recur to the cent, or nearly so, can be a stream, and of an
--          amount that recurs the days must be spread evenly enough (`signals.rhythm`, where the lengths come from): of
--          the gaps between them all but two for each misfit are of one period, or one of these of two; and as chance a
--          beat of so many periods is rarer than one in 64, or 256 by week or fortnight, times the amounts that recur
--          (`signals.plans`: 6 and 8 bits). The gates let too much through rather than too little; Python judges.
WITH asked AS MATERIALIZED (
    SELECT * FROM UNNEST(%(asked_users)s::uuid[], %(asked_keys)s::bigint[], %(asked_inflow)s::boolean[])
),
charges AS NOT MATERIALIZED (  -- all that a stream may be made of; each use below looks into the index by itself
    SELECT user_id, transaction_id, counterparty_key, amount_cents, date, kind, purpose
    FROM transactions
    WHERE date <= %(as_of)s::date
        AND NOT pending AND amount_cents <> 0
        AND kind IN (1, 9, 10, 11, 20, 21)  -- which inflows are refunds is settled when the streams are known
)
SELECT
    person.user_id, kept.counterparty_key, kept.is_inflow, packed.codes, packed.cents, kept.may_have_stream,
    kept.may_have_flag, packed.transaction_ids
FROM UNNEST(%(user_ids)s::uuid[]) AS person(user_id)
CROSS JOIN LATERAL (
    SELECT counterparty_key, is_inflow, may_have_stream, may_have_flag
    FROM (
        SELECT
            counterparty_key,
            amount_cents < 0 AS is_inflow,
            COUNT(*) AS n,
            COUNT(*) - COUNT(DISTINCT amount_cents) AS repeats,
            MIN(ABS(amount_cents)) AS least,
            MAX(ABS(amount_cents)) AS most,
            MAX(date) - MIN(date) AS span,
            3 * (MAX(date) - DATE '2000-01-01') - SUM(date - DATE '2000-01-01') AS ahead,
            -- 5 and 6: at shops, and for cash. Rows that are transfers or income count as such, whatever they say.
            BOOL_AND(purpose IN (5, 6) AND kind NOT IN (10, 20, 21)) AS is_habit,
            BIT_OR(1::bigint << ((%(as_of)s::date - date) / 2))
                FILTER (WHERE kind = 1 AND date > %(as_of)s::date - 126) AS flag_days
        FROM charges
        WHERE charges.user_id = person.user_id AND counterparty_key IS NOT NULL
        GROUP BY counterparty_key, amount_cents < 0
        HAVING COUNT(*) >= 2 OR (person.user_id, counterparty_key, amount_cents < 0) IN (SELECT * FROM asked)
    ) AS grouped
    CROSS JOIN LATERAL (
        SELECT
            most - least <= GREATEST(100, least / 9) AS is_near,  -- all within max(5 %%, 0.50) of one amount
            flag_days & (flag_days - 1) AS days_but_one,
            flag_days & (flag_days - 1) & ((flag_days & (flag_days - 1)) - 1) AS days_but_two
    ) AS shape
    CROSS JOIN LATERAL (
        SELECT
            -- Of three charges: the days from the newest to the middle one, and on to the oldest.
            LEAST(ahead - span, 2 * span - ahead) AS shorter,
            GREATEST(ahead - span, 2 * span - ahead) AS longer,
            -- The last three flag days as powers of two: their ratio tells the days between them.
            (days_but_one & -days_but_one) / NULLIF(flag_days & -flag_days, 0) AS last_gap,
            (days_but_two & -days_but_two) / NULLIF(days_but_one & -days_but_one, 0) AS gap_before
    ) AS gaps
    CROSS JOIN LATERAL (
        SELECT
            counterparty_key %% 2 = 0 AND NOT is_inflow
                AND (
                    last_gap BETWEEN 8 AND 16 AND gap_before BETWEEN 8 AND 16
                    OR last_gap BETWEEN 8192 AND 131072 AND gap_before BETWEEN 8192 AND 131072
                ) IS TRUE AS may_have_flag
    ) AS flag
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN n = 2 THEN
                is_near AND (span BETWEEN 6 AND 99 OR span BETWEEN 351 AND 380)
                OR NOT is_habit AND most <= 10 * least AND span BETWEEN 351 AND 380
            WHEN n = 3 AND span < 351 THEN is_inflow OR (NOT is_habit OR is_near) AND (
                shorter BETWEEN 6 AND 8 AND longer <= 15
                OR shorter BETWEEN 12 AND 16 AND longer <= 30
                OR shorter BETWEEN 22 AND 40 AND longer <= 70
                OR shorter BETWEEN 75 AND 109 AND longer <= 200
                OR shorter BETWEEN 336 AND 394 AND longer <= 760
                OR NOT is_habit AND shorter > 0 AND longer <= 30  -- half months
            )
            WHEN is_habit THEN is_near AND span >= 12 OR repeats >= 2 AND EXISTS (
                SELECT FROM (
                    SELECT *, gaps / 4 AS misfits, COUNT(*) OVER () AS recurring
                    FROM (
                        SELECT
                            COUNT(*) AS charges,
                            SUM(gap) AS span,
                            COUNT(*) FILTER (WHERE gap > 0) AS gaps,
                            COUNT(*) FILTER (WHERE gap BETWEEN 6 AND 8) AS weeks,
                            COUNT(*) FILTER (WHERE gap BETWEEN 12 AND 16) AS fortnights,
                            COUNT(*) FILTER (WHERE gap BETWEEN 24 AND 32) AS two_fortnights,
                            COUNT(*) FILTER (WHERE gap BETWEEN 22 AND 40) AS months,
                            COUNT(*) FILTER (WHERE gap BETWEEN 50 AND 70) AS two_months,
                            COUNT(*) FILTER (WHERE gap BETWEEN 75 AND 109) AS quarters,
                            COUNT(*) FILTER (WHERE gap BETWEEN 165 AND 200) AS two_quarters,
                            COUNT(*) FILTER (WHERE gap BETWEEN 336 AND 394) AS years,
                            COUNT(*) FILTER (WHERE gap BETWEEN 701 AND 760) AS two_years
                        FROM (
                            SELECT amount_cents, date - LAG(date) OVER (PARTITION BY amount_cents ORDER BY date) AS gap
                            FROM charges
                            WHERE charges.user_id = person.user_id
                                AND charges.counterparty_key = grouped.counterparty_key
                                AND (charges.amount_cents < 0) = grouped.is_inflow
                        ) AS charge
                        GROUP BY amount_cents
                        HAVING COUNT(*) >= 2
                    ) AS amount
                ) AS level
                CROSS JOIN LATERAL (
                    VALUES  -- gaps of one period, and of two; days of the shortest, and on average; one in so many
                        (weeks, fortnights, 6, 7.0::float8, 256),
                        (fortnights, two_fortnights, 12, 14, 256),
                        (months, two_months, 22, 30.4, 64),
                        (quarters, two_quarters, 75, 91.3, 64),
                        (years, two_years, 336, 365.2, 64)
                ) AS beat(singles, doubles, shortest, period, chance)
                WHERE charges >= 3
                    AND singles >= GREATEST(gaps - 2 * misfits - 1, 1)
                    AND singles + doubles >= gaps - 2 * misfits
                    AND span >= (gaps - misfits) * shortest
                    AND POWER(period, LEAST(gaps, singles + misfits + 1, 50))
                        >= chance * recurring * CASE WHEN misfits = 0 AND singles < gaps THEN 2 ELSE 1 END
            )
            ELSE span >= CASE WHEN is_inflow THEN 6 ELSE 12 END  -- without refunds it may be shorter
        END AS may_have_stream
        OFFSET 0  -- so that it is worked out once, and not for each time that it is read
    ) AS stream
    WHERE may_have_stream
        OR may_have_flag
        OR (person.user_id, counterparty_key, is_inflow) IN (SELECT * FROM asked)
) AS kept
CROSS JOIN LATERAL (
    SELECT
        ARRAY_AGG(code) AS codes,
        ARRAY_AGG(cents) AS cents,
        STRING_AGG(transaction_id, E'\x1f') AS transaction_ids
    FROM (
        SELECT
            (date - DATE '1970-01-01') * 256 + kind * 8 + purpose AS code,
            ABS(amount_cents) AS cents,
            transaction_id
        FROM charges
        WHERE charges.user_id = person.user_id
            AND charges.counterparty_key = kept.counterparty_key
            AND (charges.amount_cents < 0) = kept.is_inflow
        ORDER BY date, transaction_id
    ) AS charge
) AS packed
