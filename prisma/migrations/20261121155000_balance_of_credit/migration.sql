-- A payment the books know nothing of, because they were restored from before it, is matched with the credit given for it.
ALTER TABLE balance_transaction DROP CONSTRAINT balance_transaction_subject_check,
  ADD CONSTRAINT balance_transaction_subject_check CHECK (subject IN ('payment', 'credit', 'refund', 'refund_failed', 'dispute',
    'dispute_won', 'payout', 'payout_failed', 'fee', 'deposit'));
CREATE UNIQUE INDEX balance_transaction_of_credit ON balance_transaction (subject_id) WHERE subject = 'credit';
