-- What the stations have done, and how old it is, beside what summary.sql counts.
-- Grain: one row a topic and name. People, and what is theirs, count only under live consent to the analysis; offers
-- only under live consent to offers.
-- Whoever does not agree is mostly few: they are held against what narrow indexes count, and not the others joined to it.
-- Parameters: at, on (its UTC day), window_days (primary).
-- Output: topic, name, count.
--   coverage         people of whom something is stored: measured, named, with a persona, with something to show
--   recommendations  by kind and status, as `education.active`
--   feedback         by verdict
--   data             people by the age of their last upload: within a day, 7 days, 30 days, older, none at all
-- Sample: ('recommendations', 'education.active', 61230)
WITH silent AS NOT MATERIALIZED (
    SELECT user_id FROM users WHERE (analysis_until > %(at)s) IS NOT TRUE
),
offers AS MATERIALIZED (
    SELECT r.user_id, r.recommendation_id, r.status, r.expires_on, u.user_id IS NOT NULL AS is_agreed
    FROM recommendations AS r
    LEFT JOIN users AS u ON u.user_id = r.user_id AND u.analysis_until > %(at)s AND u.offers_until > %(at)s
    WHERE r.kind = 'offer'
),
named AS MATERIALIZED (
    SELECT p.persona IS NOT NULL AS has_persona, count(*) AS count
    FROM personas AS p
    WHERE p.window_days = %(window_days)s AND NOT EXISTS (SELECT FROM silent WHERE silent.user_id = p.user_id)
    GROUP BY 1
),
-- One row a person and status, in the order of the index.
education AS MATERIALIZED (
    SELECT e.*
    FROM (
        SELECT user_id, status, bool_or(expires_on > %(on)s) AS is_current, count(*) AS count
        FROM recommendations
        WHERE kind = 'education'
        GROUP BY user_id, status
    ) AS e
    WHERE NOT EXISTS (SELECT FROM silent WHERE silent.user_id = e.user_id)
),
shown AS (
    SELECT user_id FROM education WHERE status = 'active' AND is_current
    UNION
    SELECT user_id FROM offers WHERE is_agreed AND status = 'active' AND expires_on > %(on)s
),
last_uploads AS (
    SELECT DISTINCT ON (user_id) user_id, received_at AS at FROM uploads ORDER BY user_id DESC, received_at DESC
),
ages AS MATERIALIZED (
    SELECT
        CASE
            WHEN u.at > %(at)s - INTERVAL '1 day' THEN 'within_a_day'
            WHEN u.at > %(at)s - INTERVAL '7 days' THEN 'within_7_days'
            WHEN u.at > %(at)s - INTERVAL '30 days' THEN 'within_30_days'
            ELSE 'older'
        END AS age,
        count(*) AS count
    FROM last_uploads AS u
    WHERE NOT EXISTS (SELECT FROM silent WHERE silent.user_id = u.user_id)
    GROUP BY 1
),
without_uploads AS MATERIALIZED (
    SELECT
        (SELECT count(*) FROM users WHERE analysis_until > %(at)s)
        - (SELECT COALESCE(sum(count), 0)::bigint FROM ages) AS count
)
SELECT 'coverage' AS topic, 'measured' AS name, count(*) AS count
FROM signals AS s
WHERE s.window_days = %(window_days)s AND NOT EXISTS (SELECT FROM silent WHERE silent.user_id = s.user_id)
UNION ALL
SELECT 'coverage', 'named', COALESCE(sum(count), 0)::bigint FROM named
UNION ALL
SELECT 'coverage', 'with_persona', COALESCE(sum(count) FILTER (WHERE has_persona), 0)::bigint FROM named
UNION ALL
SELECT 'coverage', 'shown_something', count(*) FROM shown
UNION ALL
SELECT 'recommendations', 'education.' || status, sum(count)::bigint FROM education GROUP BY status
UNION ALL
SELECT 'recommendations', 'offer.' || status, count(*) FROM offers WHERE is_agreed GROUP BY status
UNION ALL
SELECT 'feedback', f.verdict, count(*)
FROM feedback AS f
WHERE NOT EXISTS (SELECT FROM silent WHERE silent.user_id = f.user_id)
    AND NOT EXISTS (
        SELECT
        FROM offers AS o
        WHERE NOT o.is_agreed AND (o.user_id, o.recommendation_id) = (f.user_id, f.recommendation_id)
    )
GROUP BY f.verdict
UNION ALL
SELECT 'data', age, count FROM ages
UNION ALL
SELECT 'data', 'none', count FROM without_uploads WHERE count > 0
ORDER BY 1, 2
