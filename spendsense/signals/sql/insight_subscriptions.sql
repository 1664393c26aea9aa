-- Purpose: what is subscribed to, what it costs, what changed in the window, and when it is due next.
-- Grain:   one row an active subscription stream.
-- Params:  user_id uuid; as_of date; window_days int.
-- Output:  stream_id · name · cadence · last_amount_cents · monthly_cents (floored) · last_on · next_on ·
--          price_changes (those of the window: [{"on", "old_cents", "new_cents"}], by day), dearest first,
--          e.g. 5f…, Reelhouse, MONTHLY, 1549, 1549, 2026-11-12, 2026-12-12, []
-- Rule:    the streams that subscriptions.sql counts, by the same twelfths; each is floored by itself here, so that
--          they may fall short of subscription_monthly_cents by up to a cent each.
SELECT
    stream_id::text,
    name,
    cadence,
    last_amount_cents,
    FLOOR(
        last_amount_cents::numeric * CASE cadence
            WHEN 'WEEKLY' THEN 52
            WHEN 'BIWEEKLY' THEN 26
            WHEN 'SEMI_MONTHLY' THEN 24
            WHEN 'MONTHLY' THEN 12
            WHEN 'QUARTERLY' THEN 4
            WHEN 'ANNUALLY' THEN 1
        END / 12
    )::bigint AS monthly_cents,
    last_on,
    next_on,
    (
        SELECT COALESCE(JSONB_AGG(change ORDER BY change ->> 'on'), '[]')
        FROM JSONB_ARRAY_ELEMENTS(price_changes) AS changes(change)
        WHERE (change ->> 'on')::date > %(as_of)s::date - %(window_days)s
            AND (change ->> 'on')::date <= %(as_of)s::date
    ) AS price_changes
FROM streams
WHERE user_id = %(user_id)s::uuid
    AND kind = 'subscription'
    AND direction = 'outflow'
    AND NOT is_early
    AND verdict IS DISTINCT FROM 'not_recurring'
    AND lapse_on > %(as_of)s::date
ORDER BY monthly_cents DESC, stream_id
