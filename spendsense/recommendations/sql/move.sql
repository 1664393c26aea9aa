-- Gives recommendations that stay their new place among those shown.
-- Parameters: user_ids, recommendation_ids, positions (arrays of one length).
UPDATE recommendations AS r
SET position = m.position
FROM unnest(%(user_ids)s::uuid[], %(recommendation_ids)s::uuid[], %(positions)s::smallint[])
    AS m (user_id, recommendation_id, position)
WHERE r.user_id = m.user_id AND r.recommendation_id = m.recommendation_id
