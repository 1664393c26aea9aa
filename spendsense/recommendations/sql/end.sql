-- Ends live recommendations, each with its status and reason.
-- Parameters: user_ids, recommendation_ids, statuses, reasons (arrays of one length), at.
UPDATE recommendations AS r
SET status = e.status, status_reason = e.reason, ended_at = %(at)s
FROM unnest(%(user_ids)s::uuid[], %(recommendation_ids)s::uuid[], %(statuses)s::text[], %(reasons)s::text[])
    AS e (user_id, recommendation_id, status, reason)
WHERE r.user_id = e.user_id AND r.recommendation_id = e.recommendation_id AND r.ended_at IS NULL
