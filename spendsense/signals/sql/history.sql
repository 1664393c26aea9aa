-- Purpose: what the other steps must know of each person first: the currency of analysis, where history begins, and
--          the next day on which rows that lie in the future come into view.
-- Grain:   one row of `progress` a person; written only where it differs.
-- Params:  user_ids uuid[]; as_of date.
-- Rule:    the currency that most of the accounts hold, then the one with most rows in the 180 days that end on as_of,
--          then the first by code. A person for whom the rows decide is looked at again every day. History begins with
--          the first row that could count: one in another currency, or on neither a depository account nor a card,
--          is left out of the sums, and would make a month of a few days' spending.
WITH people AS MATERIALIZED (
    SELECT UNNEST(%(user_ids)s::uuid[]) AS user_id
),
held AS (
    SELECT user_id, currency, COUNT(*) AS accounts
    FROM accounts
    WHERE user_id IN (SELECT user_id FROM people) AND currency IS NOT NULL
    GROUP BY user_id, currency
),
leading_currency AS (  -- more than one row a person: a tie
    SELECT user_id, currency, COUNT(*) OVER (PARTITION BY user_id) AS tied
    FROM (SELECT *, RANK() OVER (PARTITION BY user_id ORDER BY accounts DESC) AS place FROM held) AS ranked
    WHERE place = 1
),
undecided AS (
    SELECT user_id FROM leading_currency WHERE tied > 1
    UNION
    SELECT people.user_id FROM people WHERE NOT EXISTS (SELECT FROM held WHERE held.user_id = people.user_id)
),
by_rows AS (
    SELECT undecided.user_id, rows.currency, rows.recent
    FROM undecided
    CROSS JOIN LATERAL (
        SELECT currency, COUNT(*) FILTER (WHERE date > %(as_of)s::date - 180) AS recent
        FROM transactions
        WHERE transactions.user_id = undecided.user_id AND date <= %(as_of)s::date
        GROUP BY currency
    ) AS rows
),
candidates AS (
    SELECT user_id, currency, tied > 1 AS is_tied FROM leading_currency
    UNION ALL
    SELECT user_id, currency, TRUE FROM by_rows WHERE NOT EXISTS (SELECT FROM held WHERE held.user_id = by_rows.user_id)
),
chosen AS (
    SELECT DISTINCT ON (user_id) user_id, currency, is_tied
    FROM candidates
    LEFT JOIN by_rows USING (user_id, currency)
    ORDER BY user_id, COALESCE(recent, 0) DESC, currency COLLATE "C"
),
span AS (  -- two looks into ix_transactions_day, however many rows a person has
    SELECT
        user_id,
        (
            SELECT date FROM transactions
            WHERE transactions.user_id = people.user_id
                AND date <= %(as_of)s::date
                AND transactions.currency = chosen.currency
                AND base_kind <> $OFF_SCOPE
            ORDER BY date
            LIMIT 1
        ) AS first_row_on,
        (
            SELECT MIN(date) FROM transactions
            WHERE transactions.user_id = people.user_id AND date > %(as_of)s::date
        ) AS next_row_on
    FROM people
    LEFT JOIN chosen USING (user_id)
),
known AS (
    SELECT
        people.user_id,
        chosen.currency,
        span.first_row_on,
        CASE WHEN chosen.is_tied THEN %(as_of)s::date + 1 ELSE span.next_row_on END AS next_row_on
    FROM people
    LEFT JOIN chosen USING (user_id)
    LEFT JOIN span USING (user_id)
)
UPDATE progress
SET currency = known.currency, first_row_on = known.first_row_on, next_row_on = known.next_row_on
FROM known
WHERE progress.user_id = known.user_id
    AND (progress.currency, progress.first_row_on, progress.next_row_on)
        IS DISTINCT FROM (known.currency, known.first_row_on, known.next_row_on)
