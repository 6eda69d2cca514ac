-- of_customer --
-- The evidence about a customer and those merged into them, newest first.
SELECT e.kind, e.actor, e.type, e.value, e.filed_as, e.merge_id, e.detail, e.recorded_at
FROM identity_evidence e
WHERE e.customer_id = $1 OR e.customer_id IN (SELECT id FROM customers WHERE merged_into = $1)
ORDER BY e.id DESC LIMIT $2;
