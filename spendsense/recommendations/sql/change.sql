-- Moves recommendations from one status to another, and records each move in the same statement.
-- Who is no longer in the status that was expected is left alone; a move that no recommendation may make is refused by
-- the check on recommendation_events.
-- Grain: one row a recommendation. What is live again has not ended.
-- Parameters: user_ids, recommendation_ids, befores, afters, codes, details (arrays of one length); actor, at, ended_at.
-- Output: one row: how many were moved.
WITH asked AS (
    SELECT *
    FROM unnest(
        %(user_ids)s::uuid[], %(recommendation_ids)s::uuid[], %(befores)s::text[], %(afters)s::text[], %(codes)s::text[],
        %(details)s::text[]
    ) AS a (user_id, recommendation_id, before, after, code, detail)
),
moved AS (
    UPDATE recommendations AS r
    SET status = a.after,
        status_reason = a.detail,
        ended_at = CASE WHEN a.after IN ('held', 'pending_approval', 'active') THEN NULL ELSE %(ended_at)s END
    FROM asked AS a
    WHERE r.user_id = a.user_id AND r.recommendation_id = a.recommendation_id AND r.status = a.before
    RETURNING a.*
),
recorded AS (
    INSERT INTO recommendation_events
        (user_id, recommendation_id, at, actor, from_status, to_status, reason_code, detail)
    SELECT user_id, recommendation_id, %(at)s, %(actor)s, before, after, code, detail
    FROM moved
)
SELECT count(*) FROM moved
