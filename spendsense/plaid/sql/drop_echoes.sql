-- Leaves out partial rows (a CSV's) that give nothing but what is stored already: what they have no column for is kept.
-- Reads and trims staged_transactions. No output.
DELETE FROM staged_transactions AS staged
USING transactions AS stored
WHERE staged.is_partial
    AND stored.user_id = staged.user_id
    AND stored.transaction_id = staged.transaction_id
    AND (stored.account_id, stored.date, stored.amount_cents) = (staged.account_id, staged.date, staged.amount_cents)
    AND stored.name = COALESCE(NULLIF(staged.name, ''), stored.name)
    AND (
        stored.authorized_date, stored.currency, stored.merchant_name, stored.merchant_entity_id,
        stored.payment_channel, stored.category_primary, stored.category_detailed, stored.pending,
        stored.pending_transaction_id
    ) IS NOT DISTINCT FROM (
        COALESCE(staged.authorized_date, stored.authorized_date),
        COALESCE(staged.currency, stored.currency),
        COALESCE(staged.merchant_name, stored.merchant_name),
        COALESCE(staged.merchant_entity_id, stored.merchant_entity_id),
        COALESCE(staged.payment_channel, stored.payment_channel),
        COALESCE(staged.category_primary, stored.category_primary),
        COALESCE(staged.category_detailed, stored.category_detailed),
        staged.pending,
        COALESCE(staged.pending_transaction_id, stored.pending_transaction_id)
    );
