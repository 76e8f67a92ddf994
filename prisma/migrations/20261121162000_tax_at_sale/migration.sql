-- Prepaid credit whose tax is due when it is sold: the top-up charges it, a receipt documents it, and usage that the
-- credit pays later is not taxed again. Whether a lot was taxed is a fact of the lot; the setting of its seller may change.
ALTER TABLE credit_grant ADD COLUMN tax_point text NOT NULL DEFAULT 'use' CHECK (tax_point IN ('sale', 'use'));
ALTER TABLE usage_funding DROP CONSTRAINT usage_funding_funding_check,
  -- prepaid_taxed: of what paid credit paid, the part that was taxed when the credit was sold.
  ADD CONSTRAINT usage_funding_funding_check CHECK (funding IN ('prepaid_promo', 'prepaid_taxed', 'postpaid'));
-- Of paid_nano: from credit that was taxed when it was sold.
ALTER TABLE period_funding ADD COLUMN taxed_nano numeric(38, 0) NOT NULL DEFAULT 0;

-- Until now the seller's setting spoke for all its credit.
ALTER TABLE credit_grant DISABLE TRIGGER credit_grant_append_only;
UPDATE credit_grant SET tax_point = 'sale'
  WHERE kind <> 'promo' AND organization_id IN (SELECT b.organization_id FROM billing_account b JOIN legal_entity l ON l.id = b.legal_entity_id
    WHERE l.tax_point = 'sale');
ALTER TABLE credit_grant ENABLE TRIGGER credit_grant_append_only;
INSERT INTO usage_funding (event_id, funding, amount_nano)
  SELECT x.id, 'prepaid_taxed', x.nano FROM (
    SELECT e.id, abs(e.amount_nano) - coalesce((SELECT sum(f.amount_nano) FROM usage_funding f WHERE f.event_id = e.id), 0) AS nano
    FROM usage_event e WHERE e.organization_id IN (SELECT b.organization_id FROM billing_account b JOIN legal_entity l ON l.id = b.legal_entity_id
    WHERE l.tax_point = 'sale')
      AND NOT EXISTS (SELECT 1 FROM usage_pending p WHERE p.event_id = e.id)) x
  WHERE x.nano > 0;
UPDATE period_funding f SET taxed_nano = f.paid_nano FROM billing_period p
  WHERE p.id = f.period_id AND p.organization_id IN (SELECT b.organization_id FROM billing_account b JOIN legal_entity l ON l.id = b.legal_entity_id
    WHERE l.tax_point = 'sale');

-- The tax that is charged on top of the credit; absent: it is due when the credit is used.
ALTER TABLE top_up
  ADD COLUMN tax_category text CHECK (tax_category IN ('S', 'Z', 'AE', 'G', 'O', 'E')),
  ADD COLUMN tax_rate_ppm integer CHECK (tax_rate_ppm BETWEEN 0 AND 1000000),
  ADD COLUMN tax_nano bigint NOT NULL DEFAULT 0 CHECK (tax_nano >= 0),
  -- When the credit it buys runs out; absent: never.
  ADD COLUMN credit_expires_at timestamptz,
  ADD CONSTRAINT top_up_tax_check CHECK ((tax_category IS NULL) = (tax_rate_ppm IS NULL) AND (tax_nano = 0 OR tax_category IS NOT NULL));

-- receipt: the tax document of one lot of credit, paid when it is issued. It is of no period.
ALTER TABLE invoice_series DROP CONSTRAINT invoice_series_kind_check,
  ADD CONSTRAINT invoice_series_kind_check CHECK (kind IN ('invoice', 'statement', 'receipt', 'credit_note'));
ALTER TABLE invoice
  ALTER COLUMN period_id DROP NOT NULL,
  ADD COLUMN grant_id uuid UNIQUE REFERENCES credit_grant (id),
  DROP CONSTRAINT invoice_kind_check,
  ADD CONSTRAINT invoice_kind_check CHECK (kind IN ('invoice', 'statement', 'receipt')),
  ADD CONSTRAINT invoice_receipt_check CHECK ((kind = 'receipt') = (grant_id IS NOT NULL) AND (kind = 'receipt') = (period_id IS NULL)
    AND (kind <> 'receipt' OR status = 'paid'));
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check,
  ADD CONSTRAINT invoice_line_kind_check CHECK (kind IN ('usage', 'promo', 'prepaid', 'credited', 'true_up', 'credit'));
-- returned: money that had been given back and came back to the seller.
ALTER TABLE invoice_payment DROP CONSTRAINT invoice_payment_method_check,
  ADD CONSTRAINT invoice_payment_method_check CHECK (method IN ('charge', 'bank_transfer', 'returned'));

-- Taking credit back gives its tax back too; rounding is what whole minor units leave.
ALTER TABLE claw_back
  ADD COLUMN tax_nano bigint NOT NULL DEFAULT 0 CHECK (tax_nano >= 0),
  ADD COLUMN rounding_nano bigint NOT NULL DEFAULT 0,
  DROP CONSTRAINT claw_back_check1,
  ADD CONSTRAINT claw_back_amount_check CHECK (from_wallet_nano + receivable_nano + tax_nano + rounding_nano > 0);
ALTER TABLE credit_note
  DROP CONSTRAINT credit_note_reason_check,
  ADD CONSTRAINT credit_note_reason_check CHECK (reason IN ('price_correction', 'usage_correction', 'service_failure', 'goodwill',
    'other', 'refund', 'dispute')),
  -- The money it documents went back to the payer; absent: it pays invoices.
  ADD COLUMN claw_back_id uuid REFERENCES claw_back (id),
  ADD CONSTRAINT credit_note_claw_back_check CHECK ((claw_back_id IS NOT NULL) = (reason IN ('refund', 'dispute')));

CREATE OR REPLACE FUNCTION invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an invoice is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (OLD.status = 'draft' AND NEW.status NOT IN ('draft', 'finalized'))
     OR (OLD.status = 'finalized' AND NEW.status NOT IN ('finalized', 'paid', 'void', 'uncollectible'))
     OR (OLD.status = 'uncollectible' AND NEW.status NOT IN ('uncollectible', 'paid'))
     OR (OLD.status IN ('paid', 'void') AND NEW.status <> OLD.status) THEN
    RAISE EXCEPTION 'invoice % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'draft' AND (NEW.kind, NEW.organization_id, NEW.wallet_id, NEW.legal_entity_id, NEW.period_id, NEW.grant_id, NEW.series_id,
      NEW.number, NEW.number_text, NEW.currency, NEW.net_minor, NEW.tax_minor, NEW.total_minor, NEW.prepaid_minor, NEW.usage_nano,
      NEW.period_end_nano, NEW.document, NEW.content_sha256, NEW.finalized_at, NEW.due_at)
     IS DISTINCT FROM (OLD.kind, OLD.organization_id, OLD.wallet_id, OLD.legal_entity_id, OLD.period_id, OLD.grant_id, OLD.series_id,
      OLD.number, OLD.number_text, OLD.currency, OLD.net_minor, OLD.tax_minor, OLD.total_minor, OLD.prepaid_minor, OLD.usage_nano,
      OLD.period_end_nano, OLD.document, OLD.content_sha256, OLD.finalized_at, OLD.due_at) THEN
    RAISE EXCEPTION 'invoice % was issued and cannot be rewritten', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
