-- Purpose: makes the stored streams of these people equal to those just found (temporary table found_streams), with the
--          ids of the rows of each. A stream keeps its id as long as its person, counterparty, direction and plan stay.
-- Grain:   streams that are new, gone or different.
-- Params:  user_ids uuid[]; as_of date.
-- Output:  user_id of each stream that was written or deleted.
WITH complete AS (
    SELECT found.*, rows.transaction_ids, rows.is_income_by_rhythm AND found.kind = 'income' AS is_income_by_rhythm
    FROM found_streams AS found
    CROSS JOIN LATERAL (
        SELECT
            ARRAY_AGG(transaction_id ORDER BY date, transaction_id) AS transaction_ids,
            BOOL_OR(transactions.kind = 11) AS is_income_by_rhythm
        FROM transactions
        WHERE transactions.user_id = found.user_id
            AND transactions.counterparty_key = found.counterparty_key
            AND transactions.date BETWEEN found.first_on AND found.last_on
            AND CASE found.direction
                WHEN 'inflow' THEN transactions.kind IN (10, 11) AND transactions.amount_cents < 0
                ELSE transactions.kind = 1 AND transactions.amount_cents > 0
            END
            AND NOT transactions.pending
    ) AS rows
),
gone AS (
    DELETE FROM streams
    WHERE user_id = ANY(%(user_ids)s::uuid[])
        AND NOT EXISTS (
            SELECT FROM found_streams AS found
            WHERE (found.user_id, found.counterparty_key, found.direction, found.plan)
                = (streams.user_id, streams.counterparty_key, streams.direction, streams.plan)
        )
    RETURNING user_id
),
written AS (
    INSERT INTO streams (
        user_id, counterparty_key, direction, plan, account_id, name, kind, is_income_by_rhythm, cadence, is_early,
        currency, typical_amount_cents, last_amount_cents, first_on, last_on, next_on, lapse_on, transaction_ids
    )
    SELECT
        user_id, counterparty_key, direction, plan, account_id, name, kind, is_income_by_rhythm, cadence, is_early,
        currency, typical_amount_cents, last_amount_cents, first_on, last_on, next_on, lapse_on, transaction_ids
    FROM complete
    ON CONFLICT (user_id, counterparty_key, direction, plan) DO UPDATE SET
        account_id = EXCLUDED.account_id,
        name = EXCLUDED.name,
        kind = EXCLUDED.kind,
        is_income_by_rhythm = EXCLUDED.is_income_by_rhythm,
        cadence = EXCLUDED.cadence,
        is_early = EXCLUDED.is_early,
        currency = EXCLUDED.currency,
        typical_amount_cents = EXCLUDED.typical_amount_cents,
        last_amount_cents = EXCLUDED.last_amount_cents,
        first_on = EXCLUDED.first_on,
        last_on = EXCLUDED.last_on,
        next_on = EXCLUDED.next_on,
        lapse_on = EXCLUDED.lapse_on,
        transaction_ids = EXCLUDED.transaction_ids
    WHERE (
        streams.account_id, streams.name, streams.kind, streams.is_income_by_rhythm, streams.cadence, streams.is_early,
        streams.currency, streams.typical_amount_cents, streams.last_amount_cents, streams.first_on, streams.last_on,
        streams.next_on, streams.lapse_on, streams.transaction_ids
    ) IS DISTINCT FROM (
        EXCLUDED.account_id, EXCLUDED.name, EXCLUDED.kind, EXCLUDED.is_income_by_rhythm, EXCLUDED.cadence,
        EXCLUDED.is_early, EXCLUDED.currency, EXCLUDED.typical_amount_cents, EXCLUDED.last_amount_cents,
        EXCLUDED.first_on, EXCLUDED.last_on, EXCLUDED.next_on, EXCLUDED.lapse_on, EXCLUDED.transaction_ids
    )
    RETURNING user_id
)
SELECT user_id FROM gone
UNION ALL
SELECT user_id FROM written
