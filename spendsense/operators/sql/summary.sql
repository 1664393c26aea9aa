-- How many people there are, what they are named, and what waits for an operator.
-- Grain: one row a topic and name. But for the first, people count only under live consent to the analysis, and offers
-- only under live consent to offers.
-- Whoever does not agree is mostly few: they are held against what narrow indexes count, and not the others joined to it.
-- Parameters: at, on (its UTC day), window_days (primary).
-- Output: topic, name, count.
-- Sample: ('personas', 'high_utilization', 412)
WITH silent AS NOT MATERIALIZED (
    SELECT user_id FROM users WHERE (analysis_until > %(at)s) IS NOT TRUE
),
without_offers AS MATERIALIZED (
    SELECT DISTINCT r.user_id
    FROM recommendations AS r
    WHERE r.kind = 'offer'
        AND NOT EXISTS (
            SELECT
            FROM users AS u
            WHERE u.user_id = r.user_id AND u.analysis_until > %(at)s AND u.offers_until > %(at)s
        )
),
counted AS MATERIALIZED (
    SELECT
        count(*) AS everybody,
        count(*) FILTER (WHERE analysis_until > %(at)s) AS analysis,
        count(*) FILTER (WHERE analysis_until > %(at)s AND offers_until > %(at)s) AS offers
    FROM users
),
named AS MATERIALIZED (
    SELECT p.persona AS name, count(*) AS count
    FROM personas AS p
    WHERE p.window_days = %(window_days)s
        AND p.persona IS NOT NULL
        AND NOT EXISTS (SELECT FROM silent WHERE silent.user_id = p.user_id)
    GROUP BY p.persona
),
nameless AS (
    SELECT analysis - COALESCE((SELECT sum(count) FROM named), 0)::bigint AS count FROM counted
)
SELECT 'people' AS topic, 'all' AS name, everybody AS count FROM counted
UNION ALL
SELECT 'people', 'analysis', analysis FROM counted
UNION ALL
SELECT 'people', 'offers', offers FROM counted
UNION ALL
SELECT 'people', 'flagged', count(*) FROM flags WHERE NOT EXISTS (SELECT FROM silent WHERE silent.user_id = flags.user_id)
UNION ALL
SELECT 'personas', name, count FROM named
UNION ALL
SELECT 'personas', 'none', count FROM nameless WHERE count > 0
UNION ALL
SELECT 'review', r.status, count(*)
FROM recommendations AS r
WHERE r.status IN ('held', 'pending_approval')
    AND r.expires_on > %(on)s
    AND NOT EXISTS (SELECT FROM silent WHERE silent.user_id = r.user_id)
    AND NOT (r.kind = 'offer' AND EXISTS (SELECT FROM without_offers AS w WHERE w.user_id = r.user_id))
GROUP BY 2
ORDER BY 1, 2
