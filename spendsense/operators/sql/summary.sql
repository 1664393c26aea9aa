-- How many people there are, what they are named, and what waits for an operator.
-- Grain: one row a topic and name. But for the first, people count only under live consent to the analysis, and offers
-- only under live consent to offers.
-- Parameters: at, on (its UTC day), window_days (primary).
-- Output: topic, name, count.
-- Sample: ('personas', 'high_utilization', 412)
WITH live AS MATERIALIZED (
    SELECT user_id, COALESCE(offers_until > %(at)s, false) AS with_offers
    FROM users
    WHERE analysis_until > %(at)s
)
SELECT 'people' AS topic, 'all' AS name, count(*) AS count FROM users
UNION ALL
SELECT 'people', 'analysis', count(*) FROM live
UNION ALL
SELECT 'people', 'offers', count(*) FROM live WHERE with_offers
UNION ALL
SELECT 'people', 'flagged', count(*) FROM flags JOIN live USING (user_id)
UNION ALL
SELECT 'personas', COALESCE(p.persona, 'none'), count(*)
FROM live
LEFT JOIN personas AS p ON p.user_id = live.user_id AND p.window_days = %(window_days)s
GROUP BY 2
UNION ALL
SELECT 'review', r.status, count(*)
FROM recommendations AS r
JOIN live USING (user_id)
WHERE r.status IN ('held', 'pending_approval') AND r.expires_on > %(on)s AND (r.kind = 'education' OR with_offers)
GROUP BY 2
ORDER BY 1, 2
