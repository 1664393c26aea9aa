-- Purpose: a partial row (a CSV's, which has no column for some fields) and what else is known of it become one row:
--          what the partial row gives lies over the other, and what it leaves out is the other's, whichever came first.
--          A full row that is revised is left as it is: it replaces.
-- Grain:   one row a staged transaction that is partial over a stored one, or full and of an `added` page over a stored
--          partial one. The staged row is filled; its counterparty, kind and purpose are for the caller to tell anew.
-- Params:  none. Reads and fills staged_transactions.
-- Output:  user_id · transaction_id · account_id · amount below zero · name · merchant_name · merchant_entity_id ·
--          category_primary · category_detailed · then as staged before: counterparty_key · is_transfer_like ·
--          on_savings · base_kind · purpose
-- Rule:    a name that is missing is the merchant's (plaid/transactions.py), and so such a one gives no name. A detailed
--          category goes with its primary one. Of two partial rows the later one lies over the other.
UPDATE staged_transactions AS staged SET
    account_id = CASE WHEN staged.is_partial THEN staged.account_id ELSE stored.account_id END,
    date = CASE WHEN staged.is_partial THEN staged.date ELSE stored.date END,
    amount_cents = CASE WHEN staged.is_partial THEN staged.amount_cents ELSE stored.amount_cents END,
    authorized_date = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.authorized_date END, staged.authorized_date, stored.authorized_date
    ),
    currency = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.given_currency END,
        CASE WHEN NOT staged.is_currency_assumed THEN staged.currency END,
        stored.given_currency,
        staged.currency
    ),
    name = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.given_name END,
        NULLIF(NULLIF(staged.name, ''), staged.merchant_name),
        stored.given_name,
        CASE WHEN NOT staged.is_partial THEN NULLIF(stored.name, '') END,
        NULLIF(staged.name, ''),
        stored.name
    ),
    merchant_name = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.merchant_name END, staged.merchant_name, stored.merchant_name
    ),
    merchant_entity_id = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.merchant_entity_id END,
        staged.merchant_entity_id,
        stored.merchant_entity_id
    ),
    payment_channel = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.payment_channel END, staged.payment_channel, stored.payment_channel
    ),
    category_primary = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.category_primary END,
        staged.category_primary,
        stored.category_primary
    ),
    category_detailed = CASE
        WHEN staged.is_partial THEN COALESCE(
            staged.category_detailed,
            CASE WHEN COALESCE(staged.category_primary, stored.category_primary) IS NOT DISTINCT FROM
                stored.category_primary THEN stored.category_detailed END
        )
        ELSE COALESCE(
            stored.category_detailed,
            CASE WHEN COALESCE(stored.category_primary, staged.category_primary) IS NOT DISTINCT FROM
                staged.category_primary THEN staged.category_detailed END
        )
    END,
    pending = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.given_pending END, staged.pending, stored.given_pending
    ),
    pending_transaction_id = COALESCE(
        CASE WHEN NOT staged.is_partial THEN stored.pending_transaction_id END,
        staged.pending_transaction_id,
        stored.pending_transaction_id
    ),
    is_revised = TRUE,
    is_partial = staged.is_partial AND stored.is_partial,
    is_currency_assumed = staged.is_currency_assumed AND stored.is_currency_assumed
FROM (
    SELECT
        transactions.*,
        NULLIF(NULLIF(name, ''), merchant_name) AS given_name,
        CASE WHEN NOT is_currency_assumed THEN currency END AS given_currency,
        CASE WHEN NOT is_pending_assumed THEN pending END AS given_pending
    FROM transactions
) AS stored
WHERE stored.user_id = staged.user_id
    AND stored.transaction_id = staged.transaction_id
    AND (staged.is_partial OR (stored.is_partial AND NOT staged.is_revised))
RETURNING
    staged.user_id::text, staged.transaction_id, staged.account_id, staged.amount_cents < 0, staged.name,
    staged.merchant_name, staged.merchant_entity_id, staged.category_primary, staged.category_detailed,
    staged.counterparty_key, staged.is_transfer_like, staged.on_savings, staged.base_kind, staged.purpose;
