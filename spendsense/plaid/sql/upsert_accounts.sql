-- Accounts of one ingest. What a payload leaves out (NULL) says nothing new and keeps what is known. An account that was
-- never named is called by its official name, else by what it is.
-- Reads staged_accounts. Output: one row a person with changed accounts: user_id | count
WITH changed AS (
    INSERT INTO accounts AS stored (
        user_id, account_id, item_id, name, official_name, mask, type, subtype, currency
    )
    SELECT
        user_id, account_id, staged.item_id,
        COALESCE(staged.name, known.name, staged.official_name, staged.subtype, staged.type),
        staged.official_name, staged.mask, staged.type, staged.subtype, staged.currency
    FROM staged_accounts AS staged
    LEFT JOIN accounts AS known USING (user_id, account_id)
    ON CONFLICT (user_id, account_id) DO UPDATE SET
        item_id = COALESCE(EXCLUDED.item_id, stored.item_id),
        name = EXCLUDED.name,
        official_name = COALESCE(EXCLUDED.official_name, stored.official_name),
        mask = COALESCE(EXCLUDED.mask, stored.mask),
        type = EXCLUDED.type,
        subtype = COALESCE(EXCLUDED.subtype, stored.subtype),
        currency = COALESCE(EXCLUDED.currency, stored.currency)
    WHERE (stored.item_id, stored.name, stored.official_name, stored.mask, stored.type, stored.subtype, stored.currency)
        IS DISTINCT FROM (
            COALESCE(EXCLUDED.item_id, stored.item_id),
            EXCLUDED.name,
            COALESCE(EXCLUDED.official_name, stored.official_name),
            COALESCE(EXCLUDED.mask, stored.mask),
            EXCLUDED.type,
            COALESCE(EXCLUDED.subtype, stored.subtype),
            COALESCE(EXCLUDED.currency, stored.currency)
        )
    RETURNING user_id
)
SELECT user_id, COUNT(*) FROM changed GROUP BY user_id;
