-- The recommendations of a shard that a new choice must know: live ones, and those that ended within the days of rest.
-- What a run for a day yet to come ended has not ended before that day; what it chose and a later run took back before
-- that day has never been there. What people ended has ended.
-- Grain: one row a recommendation.
-- Order: by person, oldest first, so that the same rows are always told in the same order.
-- Parameters: user_ids, version (of the rulebook), disclosures (that it has), rested_on (who ended on or before this day
--   may return), last_day (that has come).
-- Output: user_id, recommendation_id, kind, item_id, status, position, expires_on, ended_on (NULL: live),
--   fingerprint (NULL where the row was made by this very version; for another version read from the trace, and empty
--   where what stands beside the item is said otherwise now).
-- Sample: ('0a…', '7f…', 'education', 'cash-buffer', 'active', 1, 2026-12-22, NULL, NULL)
SELECT
    r.user_id::text,
    r.recommendation_id::text,
    r.kind,
    r.item_id,
    r.status,
    r.position,
    r.expires_on,
    (r.ended_at AT TIME ZONE 'UTC')::date AS ended_on,
    CASE
        WHEN r.rulebook_version <> %(version)s AND r.ended_at IS NULL THEN (
            SELECT CASE WHEN r.disclosure = ANY (%(disclosures)s) THEN t.trace #>> '{item,fingerprint}' ELSE '' END
            FROM traces AS t
            WHERE t.user_id = r.user_id AND t.recommendation_id = r.recommendation_id
        )
    END AS fingerprint
FROM recommendations AS r
WHERE r.user_id = ANY (%(user_ids)s::uuid[])
    AND (
        r.ended_at IS NULL
        OR (
            (r.ended_at AT TIME ZONE 'UTC')::date > %(rested_on)s
            AND (
                r.status NOT IN ('expired', 'superseded')
                OR (r.ended_at AT TIME ZONE 'UTC')::date BETWEEN r.chosen_on AND %(last_day)s
            )
        )
    )
ORDER BY r.user_id, r.created_at, r.recommendation_id
