-- The first note of an operator that stands beside its action, and whose hash no record of the audit has.
--
-- Grain:      at most one row, the oldest action.
-- Columns:    action_id.
-- Source:     `operators.acting.hash_of`: SHA-256 of the salt's 16 bytes and the text, in hex, as `note_hash`.
-- Sample:     6f9c2d3e-…
SELECT action.action_id
FROM operator_actions AS action
JOIN users ON users.user_id = action.user_id
WHERE action.note IS NOT NULL
AND NOT EXISTS (
    SELECT FROM audit_events AS record
    WHERE record.subject = users.audit_subject
    AND record.detail ->> 'note_hash'
    = encode(sha256(uuid_send(action.note_salt) || convert_to(action.note, 'UTF8')), 'hex')
)
ORDER BY action.at, action.action_id
LIMIT 1
