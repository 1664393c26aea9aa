-- Purpose: the charges of every group (person, counterparty, direction) that could hold a stream or a simple flag.
-- Grain:   one row a group that is worth looking at: a fifth to a half of all.
-- Params:  user_ids uuid[]; as_of date; asked_users uuid[], asked_keys bigint[], asked_inflow boolean[]: groups, side by
--          side, that are wanted in any case.
-- Output:  user_id · counterparty_key · is_inflow · codes int[] (days since 1970-01-01 · 256 + kind · 8 + purpose) ·
--          cents bigint[] (positive) · may_have_stream · may_have_flag · transaction_ids (text, between unit
--          separators); codes, cents and ids by day, then id
--          e.g. 7a…, 5519202, false, {5261832,5269768,5277448}, {1599,1599,1599}, true, true, tx-1␟tx-2␟tx-3
-- How:     one GroupAggregate a person, then a look at each group that passed, in the order of ix_transactions_stream,
--          which holds all that is read: no sort of rows, no hash, no heap. Most groups are habits, shops and cash:
--          there only amounts that recur to the cent, or nearly so, can be a stream. This lets too much through rather
--          than too little: what else rules a stream out is left to Python, which any number of workers run beside the
--          one database.
WITH asked AS MATERIALIZED (
    SELECT * FROM UNNEST(%(asked_users)s::uuid[], %(asked_keys)s::bigint[], %(asked_inflow)s::boolean[])
),
charges AS NOT MATERIALIZED (  -- all that a stream may be made of; each use below looks into the index by itself
    SELECT user_id, transaction_id, counterparty_key, amount_cents, date, kind, purpose
    FROM transactions
    WHERE date <= %(as_of)s::date
        AND NOT pending AND amount_cents <> 0
        -- Which inflows are refunds is settled when the streams are known. An IN would take longer a row.
        AND (kind = $SPENDING OR kind BETWEEN $REFUND AND $INFLOW OR kind BETWEEN $TRANSFER AND $OWN_TRANSFER)
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
            -- 5 and 6: at shops, and for cash. Rows that are transfers or income count as such, whatever they say.
            BOOL_AND(purpose BETWEEN 5 AND 6 AND kind <> $INCOME AND kind < $TRANSFER) AS is_habit,
            BIT_OR(1::bigint << ((%(as_of)s::date - date) / 2))
                FILTER (WHERE kind = $SPENDING AND date > %(as_of)s::date - 126) AS flag_days
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
            WHEN is_inflow THEN span >= 6  -- without refunds it may be two
            WHEN is_habit AND NOT is_near THEN repeats >= 2
            ELSE span >= 12
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
