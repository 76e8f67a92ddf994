-- Usage on credit at which a bill is written before the month ends; absent: only when it ends.
ALTER TABLE billing_account ADD COLUMN billing_threshold_nano bigint CHECK (billing_threshold_nano > 0);
