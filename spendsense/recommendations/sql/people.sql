-- The people of a shard as advice needs them: those with live analysis consent.
-- Grain: one row a person.
-- Parameters: user_ids, window_days (primary), at.
-- Output: user_id, consent_version, persona_version, persona, reason, criteria (JSON text; the three
--   are NULL before the persona job has named the person), offers_until (the UTC day on
--   which live consent to offers ends; NULL: none).
-- Sample: ('0a…', 2, 5, 'fee_pressured', 'criteria', '[…]', 2027-11-22)
SELECT
    u.user_id::text,
    u.consent_version,
    g.persona_version,
    p.persona,
    p.reason,
    p.criteria::text,
    CASE WHEN u.offers_until > %(at)s THEN (u.offers_until AT TIME ZONE 'UTC')::date END AS offers_until
FROM users AS u
JOIN progress AS g USING (user_id)
LEFT JOIN personas AS p ON p.user_id = u.user_id AND p.window_days = %(window_days)s
WHERE u.user_id = ANY (%(user_ids)s::uuid[]) AND u.analysis_until > %(at)s
