-- Purpose: savings and checking balances on as_of.
-- Grain:   one row a person with a depository account in the currency of analysis.
-- Needs:   people. Params: as_of date.
-- Output:  …_balance_cents (NULL when the balance of any such account is unknown) · …_account_ids (NULL: no such account)
-- Rule:    a balance on a day is the last one observed on or before it, else unknown.
SELECT
    accounts.user_id,
    COUNT(*) FILTER (WHERE is_savings)::int AS savings_account_count,
    CASE
        WHEN COUNT(*) FILTER (WHERE is_savings) = COUNT(current_cents) FILTER (WHERE is_savings)
            THEN SUM(current_cents) FILTER (WHERE is_savings)::bigint
    END AS savings_balance_cents,
    ARRAY_AGG(account_id ORDER BY account_id) FILTER (WHERE is_savings) AS savings_account_ids,
    CASE
        WHEN COUNT(*) FILTER (WHERE is_checking) = COUNT(current_cents) FILTER (WHERE is_checking)
            THEN SUM(current_cents) FILTER (WHERE is_checking)::bigint
    END AS checking_balance_cents,
    ARRAY_AGG(account_id ORDER BY account_id) FILTER (WHERE is_checking) AS checking_account_ids
FROM accounts
JOIN progress USING (user_id)
CROSS JOIN LATERAL (
    SELECT
        COALESCE(accounts.subtype IN $SAVINGS_SUBTYPES, FALSE) AS is_savings,
        COALESCE(accounts.subtype = 'checking', TRUE) AS is_checking
) AS role
LEFT JOIN LATERAL (
    SELECT current_cents
    FROM balances
    WHERE balances.user_id = accounts.user_id
        AND balances.account_id = accounts.account_id
        AND observed_on <= %(as_of)s::date
    ORDER BY observed_on DESC
    LIMIT 1
) AS observed ON TRUE
WHERE accounts.user_id IN (SELECT user_id FROM people)
    AND accounts.type = 'depository'
    AND (accounts.currency = progress.currency OR accounts.currency IS NULL)
GROUP BY accounts.user_id
