-- The people of a shard who have data, as they stand.
-- Grain: one row a person with an account.
-- Parameters: user_ids, window_days (primary), at.
-- Output: user_id, email, persona (NULL: none yet), offers_until (the UTC day on which live consent to offers ends;
--   NULL: none), changed_at (when data of theirs came, or they corrected something, last; NULL: not since records are
--   kept).
-- Sample: ('0a…', 'ann@example.com', 'fee_pressured', 2027-11-22, 2026-11-22 09:00:00+00)
SELECT
    u.user_id::text,
    u.email,
    p.persona,
    CASE WHEN u.offers_until > %(at)s THEN (u.offers_until AT TIME ZONE 'UTC')::date END AS offers_until,
    greatest(
        (SELECT max(l.received_at) FROM uploads AS l WHERE l.user_id = u.user_id),
        (SELECT max(c.chosen_at) FROM stream_choices AS c WHERE c.user_id = u.user_id)
    ) AS changed_at
FROM users AS u
LEFT JOIN personas AS p ON p.user_id = u.user_id AND p.window_days = %(window_days)s
WHERE u.user_id = ANY (%(user_ids)s::uuid[])
    AND EXISTS (SELECT FROM accounts AS a WHERE a.user_id = u.user_id)
ORDER BY u.user_id
