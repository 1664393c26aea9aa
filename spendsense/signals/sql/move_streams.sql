-- Purpose: streams, and what people said of them, go where their rows went: a merchant's id came with a name that had
--          none, or names are read anew. So a stream keeps its id, and what was said of it holds.
-- Grain:   streams none of whose rows bears their counterparty any more. They go to the one that most of their rows bear
--          (of equals the smallest), but for those of streams that are part of them, under numbers that are free there.
-- Params:  user_ids uuid[].
WITH suspects AS (
    SELECT streams.user_id, streams.stream_id, streams.counterparty_key, direction, plan, transaction_ids
    FROM streams
    CROSS JOIN LATERAL (  -- LIMIT keeps the planner from joining whole tables
        SELECT counterparty_key
        FROM transactions
        WHERE transactions.user_id = streams.user_id
            AND transactions.transaction_id = streams.transaction_ids[CARDINALITY(streams.transaction_ids)]
        LIMIT 1
    ) AS last_row
    WHERE streams.user_id = ANY(%(user_ids)s::uuid[]) AND last_row.counterparty_key <> streams.counterparty_key
    UNION ALL
    SELECT
        choice.user_id, choice.stream_id, choice.counterparty_key, choice.direction, choice.plan,
        COALESCE(streams.transaction_ids, choice.transaction_ids)
    FROM stream_choices AS choice
    LEFT JOIN streams USING (user_id, stream_id)
    WHERE choice.user_id = ANY(%(user_ids)s::uuid[])
),
borne AS (
    SELECT
        suspects.user_id, suspects.stream_id, suspects.counterparty_key, suspects.direction, suspects.plan,
        row_of_it.counterparty_key AS key_now, COUNT(*) AS rows_of_it
    FROM suspects
    CROSS JOIN LATERAL UNNEST(suspects.transaction_ids) AS one(transaction_id)
    CROSS JOIN LATERAL (
        SELECT counterparty_key
        FROM transactions
        WHERE transactions.user_id = suspects.user_id AND transactions.transaction_id = one.transaction_id
        LIMIT 1
    ) AS row_of_it
    WHERE row_of_it.counterparty_key IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM stream_choices AS part
            WHERE part.user_id = suspects.user_id
                AND part.same_as = suspects.stream_id
                AND part.counterparty_key = row_of_it.counterparty_key
        )
    GROUP BY 1, 2, 3, 4, 5, 6
),
gone AS (
    SELECT DISTINCT ON (user_id, stream_id) user_id, stream_id, counterparty_key, direction, plan, key_now
    FROM borne
    WHERE NOT EXISTS (
        SELECT FROM borne AS still
        WHERE (still.user_id, still.stream_id, still.key_now)
            = (borne.user_id, borne.stream_id, borne.counterparty_key)
    )
    ORDER BY user_id, stream_id, rows_of_it DESC, key_now
),
moves AS (
    SELECT
        gone.user_id, gone.stream_id, gone.key_now,
        COALESCE(taken.highest, -1)
            + ROW_NUMBER() OVER (
                PARTITION BY gone.user_id, gone.key_now, gone.direction ORDER BY gone.counterparty_key, gone.plan
            ) AS plan
    FROM gone
    CROSS JOIN LATERAL (
        SELECT MAX(plan) AS highest
        FROM (
            SELECT plan
            FROM streams
            WHERE (streams.user_id, streams.counterparty_key, streams.direction)
                = (gone.user_id, gone.key_now, gone.direction)
            UNION ALL
            SELECT plan
            FROM stream_choices
            WHERE (stream_choices.user_id, stream_choices.counterparty_key, stream_choices.direction)
                = (gone.user_id, gone.key_now, gone.direction)
        ) AS there
    ) AS taken
),
moved AS (
    UPDATE streams
    SET counterparty_key = moves.key_now, plan = moves.plan
    FROM moves
    WHERE (streams.user_id, streams.stream_id) = (moves.user_id, moves.stream_id)
)
UPDATE stream_choices
SET counterparty_key = moves.key_now, plan = moves.plan
FROM moves
WHERE (stream_choices.user_id, stream_choices.stream_id) = (moves.user_id, moves.stream_id)
