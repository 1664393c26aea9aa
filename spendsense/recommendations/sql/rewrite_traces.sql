-- Puts other traces in the place of those of one person, each under its new digest.
-- Parameters: user_id; recommendation_ids, traces (JSON), digests (arrays of one length).
UPDATE traces AS t
SET trace = r.trace::jsonb,
    digest = r.digest
FROM unnest(%(recommendation_ids)s::uuid[], %(traces)s::text[], %(digests)s::text[])
    AS r (recommendation_id, trace, digest)
WHERE t.user_id = %(user_id)s AND t.recommendation_id = r.recommendation_id
