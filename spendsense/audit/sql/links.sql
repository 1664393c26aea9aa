-- A stretch of the audit's chain, each link beside its record, for `audit.chain` to hash anew.
--
-- Grain:      one row a link, in the chain's order.
-- Parameters: %(after)s and %(upto)s: positions, not included and included.
-- Columns:    position, event_id, hash (hex), then what is hashed: event_id (NULL: the record is gone), subject,
--             at (UTC, microseconds), actor, event, detail.
-- Sample:     7 | 7 | 9f86d0…0a08 | 7 | 5b0c… | 2026-11-24T01:00:00.000000Z | job | bank_data.purged | {"deleted": {}}
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
LEFT JOIN audit_events AS record ON record.event_id = link.event_id
WHERE link.position > %(after)s AND link.position <= %(upto)s
ORDER BY link.position
