-- Purpose: what is subscribed to, what it costs, what changed in the window, and when it is due next.
-- Grain:   one row a stream.
-- Params:  user_id uuid; stream_ids uuid[]: those that subscriptions.sql has counted; as_of date; window_days int.
-- Output:  stream_id · name · cadence · last_amount_cents · monthly_cents (floored) · last_on · next_on ·
--          price_changes (those of the window: [{"on", "old_cents", "new_cents"}], by day), dearest first,
--          e.g. 5f…, Reelhouse, MONTHLY, 1549, 1549, 2026-11-12, 2026-12-12, []
-- Rule:    each is floored by itself, so that they may fall short of subscription_monthly_cents by up to a cent each.
SELECT
    stream_id::text,
    name,
    cadence,
    last_amount_cents,
    FLOOR(last_amount_cents::numeric * $CHARGES_A_YEAR / 12)::bigint AS monthly_cents,
    last_on,
    next_on,
    (
        SELECT COALESCE(JSONB_AGG(change ORDER BY change ->> 'on'), '[]')
        FROM JSONB_ARRAY_ELEMENTS(price_changes) AS changes(change)
        WHERE (change ->> 'on')::date > %(as_of)s::date - %(window_days)s
            AND (change ->> 'on')::date <= %(as_of)s::date
    ) AS price_changes
FROM streams
WHERE user_id = %(user_id)s::uuid AND stream_id = ANY(%(stream_ids)s::uuid[])
ORDER BY monthly_cents DESC, stream_id
