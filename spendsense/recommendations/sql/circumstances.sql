-- What offers ask of people beside their signals: where they live, and the last day with a transaction or a balance.
-- Grain: one row a person.
-- Parameters: user_ids, as_of.
-- Output: user_id, state (two letters; NULL: not said), last_data_on (on or before as_of; NULL: nothing yet).
-- Sample: ('0a…', 'CA', 2026-11-21)
SELECT
    u.user_id::text,
    u.state,
    greatest(
        (SELECT max(t.date) FROM transactions AS t WHERE t.user_id = u.user_id AND t.date <= %(as_of)s),
        (SELECT max(b.observed_on) FROM balances AS b WHERE b.user_id = u.user_id AND b.observed_on <= %(as_of)s)
    ) AS last_data_on
FROM users AS u
WHERE u.user_id = ANY (%(user_ids)s::uuid[])
