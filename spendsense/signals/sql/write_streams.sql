-- Purpose: writes the streams just found that differ from the stored ones (temporary table found_streams), and shows the
--          others as their last charges now read. A stream keeps its id as long as its person, counterparty, direction
--          and plan stay; where its rows have moved to another counterparty, move_streams.sql has moved it before.
-- Grain:   streams that are new or different.
-- Params:  user_ids uuid[].
-- Output:  user_id of each stream that was written.
WITH complete AS (  -- with what the last charge shows, and what the person says
    SELECT
        found.user_id, found.counterparty_key, found.direction, found.plan, found.kind, found.cadence,
        found.typical_amount_cents, found.last_amount_cents, found.first_on, found.last_on, found.next_on,
        found.lapse_on, found.price_changes, ids.transaction_ids,
        choice.verdict,
        COALESCE(choice.stream_id, GEN_RANDOM_UUID()) AS stream_id,
        COALESCE(choice.name, last_row.merchant_name, last_row.name) AS name,
        found.is_early AND choice.verdict IS DISTINCT FROM 'recurring' AS is_early,
        found.is_income_by_rhythm
            AND CASE WHEN found.is_early THEN COALESCE(choice.verdict = 'recurring', FALSE)
                ELSE choice.verdict IS DISTINCT FROM 'not_recurring' END AS is_income_by_rhythm,
        last_row.account_id,
        last_row.currency
    FROM found_streams AS found
    CROSS JOIN LATERAL (
        SELECT STRING_TO_ARRAY(found.joined_ids, E'\x1f')::varchar[] COLLATE "C" AS transaction_ids
    ) AS ids
    CROSS JOIN LATERAL (  -- LIMIT, here and below, keeps the planner from joining whole tables
        SELECT account_id, merchant_name, name, currency
        FROM transactions
        WHERE transactions.user_id = found.user_id
            AND transactions.transaction_id = ids.transaction_ids[CARDINALITY(ids.transaction_ids)]
        LIMIT 1
    ) AS last_row
    LEFT JOIN LATERAL (
        SELECT stream_id, verdict, name
        FROM stream_choices
        WHERE (stream_choices.user_id, stream_choices.counterparty_key, stream_choices.direction, stream_choices.plan)
            = (found.user_id, found.counterparty_key, found.direction, found.plan)
        LIMIT 1
    ) AS choice ON TRUE
),
reads_anew AS MATERIALIZED (  -- streams that stay, but whose last charge has got another name or account
    SELECT kept.user_id, kept.stream_id, shown.account_id, shown.name, shown.currency
    FROM streams AS kept
    CROSS JOIN LATERAL (
        SELECT account_id, COALESCE(merchant_name, name) AS name, currency
        FROM transactions
        WHERE transactions.user_id = kept.user_id
            AND transactions.transaction_id = kept.transaction_ids[CARDINALITY(kept.transaction_ids)]
        LIMIT 1
    ) AS shown
    WHERE kept.user_id = ANY(%(user_ids)s::uuid[])
        AND (kept.account_id, kept.name, kept.currency) IS DISTINCT FROM (shown.account_id, shown.name, shown.currency)
        AND (kept.user_id, kept.counterparty_key, kept.direction, kept.plan) NOT IN (
            SELECT user_id, counterparty_key, direction, plan FROM found_streams
        )
        AND NOT EXISTS (SELECT FROM stream_choices WHERE stream_choices.user_id = kept.user_id)
),
renamed AS (
    UPDATE streams
    SET account_id = reads_anew.account_id, name = reads_anew.name, currency = reads_anew.currency
    FROM reads_anew
    WHERE (streams.user_id, streams.stream_id) = (reads_anew.user_id, reads_anew.stream_id)
    RETURNING streams.user_id
),
written AS (  -- only what differs: a conflict alone would lock the row, and write for nothing
    INSERT INTO streams (
        user_id, stream_id, counterparty_key, direction, plan,
        account_id, name, verdict, kind, is_income_by_rhythm, cadence, is_early, currency, typical_amount_cents,
        last_amount_cents, first_on, last_on, next_on, lapse_on, price_changes, transaction_ids
    )
    SELECT
        complete.user_id, complete.stream_id, complete.counterparty_key, complete.direction, complete.plan,
        complete.account_id, complete.name, complete.verdict, complete.kind, complete.is_income_by_rhythm,
        complete.cadence, complete.is_early, complete.currency, complete.typical_amount_cents,
        complete.last_amount_cents, complete.first_on, complete.last_on, complete.next_on, complete.lapse_on,
        complete.price_changes, complete.transaction_ids
    FROM complete
    LEFT JOIN LATERAL (
        SELECT *
        FROM streams
        WHERE (streams.user_id, streams.counterparty_key, streams.direction, streams.plan)
            = (complete.user_id, complete.counterparty_key, complete.direction, complete.plan)
        LIMIT 1
    ) AS stored ON TRUE
    WHERE stored.user_id IS NULL
        OR (
            stored.account_id, stored.name, stored.verdict, stored.kind, stored.is_income_by_rhythm, stored.cadence,
            stored.is_early, stored.currency, stored.typical_amount_cents, stored.last_amount_cents, stored.first_on,
            stored.last_on, stored.next_on, stored.lapse_on, stored.price_changes, stored.transaction_ids
        ) IS DISTINCT FROM (
            complete.account_id, complete.name, complete.verdict, complete.kind, complete.is_income_by_rhythm,
            complete.cadence, complete.is_early, complete.currency, complete.typical_amount_cents,
            complete.last_amount_cents, complete.first_on, complete.last_on, complete.next_on, complete.lapse_on,
            complete.price_changes, complete.transaction_ids
        )
    ON CONFLICT (user_id, counterparty_key, direction, plan) DO UPDATE SET
        account_id = EXCLUDED.account_id,
        name = EXCLUDED.name,
        verdict = EXCLUDED.verdict,
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
        price_changes = EXCLUDED.price_changes,
        transaction_ids = EXCLUDED.transaction_ids
    RETURNING user_id
)
SELECT user_id FROM renamed
UNION ALL
SELECT user_id FROM written
