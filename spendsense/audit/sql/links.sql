-- A stretch of the audit's chain, each link beside its record, for `audit.chain` to hash anew.
--
-- Grain:      one row a link, in the chain's order.
-- Parameters: %(after)s and %(upto)s: positions, not included and included.
-- Columns:    position, event_id, hash (hex), then what is hashed: event_id (NULL: the record is gone), subject,
--             at (UTC, microseconds), actor, event, detail.
-- Sample:     7 | 7 | 9f86d0…0a08 | 7 | 5b0c… | 2026-11-24T01:00:00.000000Z | job | bank_data.purged | {"deleted": {}}
--
-- OFFSET 0 keeps the planner from joining by a hash or a merge: either would read far more than the stretch, and sort
-- it before its first row is sent. Looked up one by one, records flow while those before are hashed: 1.8 times as fast.
SELECT
    link.position,
    link.event_id,
    encode(link.hash, 'hex'),
    record.event_id,
    COALESCE(record.subject::text, ''),
    to_char(record.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    record.actor,
    record.event,
    record.detail::text
FROM audit_links AS link
LEFT JOIN LATERAL (
    SELECT * FROM audit_events WHERE audit_events.event_id = link.event_id OFFSET 0
) AS record ON TRUE
WHERE link.position > %(after)s AND link.position <= %(upto)s
ORDER BY link.position
