-- Which pieces of evidence are still there.
-- Grain: one row a piece that stands; those that are gone are left out.
-- Parameters: user_ids, kinds, names (arrays of one length). Kinds and names: account, stream and transaction with an
--   id; window with its last day and its length, `2026-11-22/90`.
-- Output: user_id, kind, name.
-- Sample: ('0a…', 'transaction', 'tx-1')
WITH named AS (
    SELECT *
    FROM unnest(%(user_ids)s::uuid[], %(kinds)s::text[], %(names)s::text[]) AS n (user_id, kind, name)
)
SELECT n.user_id::text, n.kind, n.name
FROM named AS n
JOIN accounts AS a ON a.user_id = n.user_id AND a.account_id = n.name
WHERE n.kind = 'account'
UNION ALL
SELECT n.user_id::text, n.kind, n.name
FROM named AS n
JOIN streams AS s ON s.user_id = n.user_id AND s.stream_id::text = n.name
WHERE n.kind = 'stream'
UNION ALL
SELECT n.user_id::text, n.kind, n.name
FROM named AS n
WHERE n.kind = 'transaction'
    AND EXISTS (
        SELECT FROM transactions AS t
        WHERE t.user_id = n.user_id AND t.transaction_id = n.name
        UNION ALL
        SELECT FROM transactions AS t -- posted since
        WHERE t.user_id = n.user_id AND t.pending_transaction_id = n.name
    )
UNION ALL
SELECT n.user_id::text, n.kind, n.name
FROM named AS n
CROSS JOIN LATERAL (
    SELECT split_part(n.name, '/', 1)::date AS last_on, split_part(n.name, '/', 2)::int AS days
    WHERE n.kind = 'window'
) AS w
WHERE EXISTS (
    SELECT FROM transactions AS t
    WHERE t.user_id = n.user_id AND t.date BETWEEN w.last_on - w.days + 1 AND w.last_on
)
