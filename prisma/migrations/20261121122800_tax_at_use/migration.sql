-- Top-ups are charged without tax, so tax on prepaid credit is due when it is used, unless an accountant says otherwise.
ALTER TABLE legal_entity ALTER COLUMN tax_point SET DEFAULT 'use';
UPDATE legal_entity SET tax_point = 'use' WHERE country IS NULL;

-- A month in which more prepaid usage was given back than used has less than nothing paid from credit.
ALTER TABLE invoice DROP CONSTRAINT invoice_check4,
  ADD CONSTRAINT invoice_parts_check CHECK (applied_minor >= 0 AND paid_minor >= 0);
