-- An invoice that is owed and will not be paid: a loss in the books, until it is paid after all.
ALTER TABLE invoice DROP CONSTRAINT invoice_status_check,
  ADD CONSTRAINT invoice_status_check CHECK (status IN ('draft', 'finalized', 'paid', 'void', 'uncollectible')),
  ADD COLUMN written_off_at timestamptz,
  ADD CONSTRAINT invoice_written_off_check CHECK (status <> 'uncollectible' OR written_off_at IS NOT NULL);

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
  IF OLD.status <> 'draft' AND (NEW.kind, NEW.organization_id, NEW.wallet_id, NEW.legal_entity_id, NEW.period_id, NEW.series_id,
      NEW.number, NEW.number_text, NEW.currency, NEW.net_minor, NEW.tax_minor, NEW.total_minor, NEW.prepaid_minor, NEW.usage_nano,
      NEW.document, NEW.content_sha256, NEW.finalized_at, NEW.due_at)
     IS DISTINCT FROM (OLD.kind, OLD.organization_id, OLD.wallet_id, OLD.legal_entity_id, OLD.period_id, OLD.series_id,
      OLD.number, OLD.number_text, OLD.currency, OLD.net_minor, OLD.tax_minor, OLD.total_minor, OLD.prepaid_minor, OLD.usage_nano,
      OLD.document, OLD.content_sha256, OLD.finalized_at, OLD.due_at) THEN
    RAISE EXCEPTION 'invoice % was issued and cannot be rewritten', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
