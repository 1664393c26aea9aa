-- What the stations have done, and how old it is, beside what summary.sql counts.
-- Grain: one row a topic and name. People, and what is theirs, count only under live consent to the analysis; offers
-- only under live consent to offers.
-- Parameters: at, on (its UTC day), window_days (primary).
-- Output: topic, name, count.
--   coverage         people of whom something is stored: measured, named, with a persona, with something to show
--   recommendations  by kind and status, as `education.active`
--   feedback         by verdict
--   data             people by the age of their last upload: within a day, 7 days, 30 days, older, none at all
-- Sample: ('recommendations', 'education.active', 61230)
WITH live AS MATERIALIZED (
    SELECT user_id, COALESCE(offers_until > %(at)s, false) AS with_offers
    FROM users
    WHERE analysis_until > %(at)s
),
theirs AS MATERIALIZED (
    SELECT r.user_id, r.recommendation_id, r.kind, r.status, r.status = 'active' AND r.expires_on > %(on)s AS is_shown
    FROM recommendations AS r
    JOIN live USING (user_id)
    WHERE r.kind = 'education' OR with_offers
),
uploaded AS (
    SELECT live.user_id, max(u.received_at) AS last_at
    FROM live
    LEFT JOIN uploads AS u USING (user_id)
    GROUP BY live.user_id
)
SELECT 'coverage' AS topic, 'measured' AS name, count(*) AS count
FROM live
JOIN signals AS s ON s.user_id = live.user_id AND s.window_days = %(window_days)s
UNION ALL
SELECT 'coverage', 'named', count(*)
FROM live
JOIN personas AS p ON p.user_id = live.user_id AND p.window_days = %(window_days)s
UNION ALL
SELECT 'coverage', 'with_persona', count(*)
FROM live
JOIN personas AS p ON p.user_id = live.user_id AND p.window_days = %(window_days)s AND p.persona IS NOT NULL
UNION ALL
SELECT 'coverage', 'shown_something', count(DISTINCT user_id) FROM theirs WHERE is_shown
UNION ALL
SELECT 'recommendations', kind || '.' || status, count(*) FROM theirs GROUP BY 2
UNION ALL
SELECT 'feedback', f.verdict, count(*) FROM feedback AS f JOIN theirs USING (user_id, recommendation_id) GROUP BY 2
UNION ALL
SELECT
    'data',
    CASE
        WHEN last_at IS NULL THEN 'none'
        WHEN last_at > %(at)s - INTERVAL '1 day' THEN 'within_a_day'
        WHEN last_at > %(at)s - INTERVAL '7 days' THEN 'within_7_days'
        WHEN last_at > %(at)s - INTERVAL '30 days' THEN 'within_30_days'
        ELSE 'older'
    END,
    count(*)
FROM uploaded
GROUP BY 2
ORDER BY 1, 2
