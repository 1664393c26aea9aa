-- The people of a shard who have data.
-- Grain: one row a person with an account.
-- Parameters: user_ids.
-- Output: user_id, email, changed_at (when data of theirs came, or they corrected something, last; NULL: not since
--   records are kept).
-- Sample: ('0a…', 'ann@example.com', 2026-11-22 09:00:00+00)
SELECT
    u.user_id::text,
    u.email,
    greatest(
        (SELECT max(l.received_at) FROM uploads AS l WHERE l.user_id = u.user_id),
        (
            SELECT max(e.at)
            FROM audit_events AS e
            WHERE e.subject = u.audit_subject
                AND e.event IN ('stream.chosen', 'transaction.recategorised', 'correction.taken_back')
        )
    ) AS changed_at
FROM users AS u
WHERE u.user_id = ANY (%(user_ids)s::uuid[])
    AND EXISTS (SELECT FROM accounts AS a WHERE a.user_id = u.user_id)
ORDER BY u.user_id
