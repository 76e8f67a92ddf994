-- Numbers without holes: taken by the transaction that finalises a document, given back when it rolls back.
CREATE TABLE invoice_series (
  id uuid PRIMARY KEY,
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  kind text NOT NULL CHECK (kind IN ('invoice', 'statement', 'credit_note')),
  prefix text NOT NULL UNIQUE,
  next_no bigint NOT NULL DEFAULT 1 CHECK (next_no > 0),
  UNIQUE (legal_entity_id, kind)
);

-- invoice: what a customer owes. statement: usage that prepaid or promo credit paid, nothing is owed.
CREATE TABLE invoice (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('invoice', 'statement')),
  status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'finalized', 'paid', 'void')),
  organization_id uuid NOT NULL REFERENCES organization (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  period_id uuid NOT NULL REFERENCES billing_period (id),
  series_id uuid REFERENCES invoice_series (id),
  number bigint,
  -- The number as it is printed: prefix and digits.
  number_text text,
  currency char(3) NOT NULL,
  minor_exp integer NOT NULL CHECK (minor_exp BETWEEN 0 AND 4),
  net_minor bigint NOT NULL DEFAULT 0,
  tax_minor bigint NOT NULL DEFAULT 0,
  total_minor bigint NOT NULL DEFAULT 0,
  -- Of the total: paid from prepaid credit (only where tax is due at its use), from credit notes, and in money.
  prepaid_minor bigint NOT NULL DEFAULT 0,
  applied_minor bigint NOT NULL DEFAULT 0,
  paid_minor bigint NOT NULL DEFAULT 0,
  -- Exact usage the invoice collects; what of it still stands against the customer's credit.
  usage_nano bigint NOT NULL DEFAULT 0,
  open_usage_nano bigint NOT NULL DEFAULT 0,
  -- What was issued, as canonical JSON, and its SHA-256; the PDF is made of it alone.
  document text,
  content_sha256 text,
  net_days integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  finalized_at timestamptz,
  due_at timestamptz,
  paid_at timestamptz,
  voided_at timestamptz,
  -- Collection: tries made, when the next is due, and how far reminding has gone.
  collection_tries integer NOT NULL DEFAULT 0 CHECK (collection_tries >= 0),
  collect_at timestamptz,
  dunning text NOT NULL DEFAULT 'none' CHECK (dunning IN ('none', 'reminded', 'suspended', 'cured')),
  UNIQUE (series_id, number),
  CHECK ((status = 'draft') = (number IS NULL)),
  CHECK ((status = 'draft') = (document IS NULL)),
  CHECK ((number IS NULL) = (series_id IS NULL) AND (number IS NULL) = (number_text IS NULL)
    AND (number IS NULL) = (finalized_at IS NULL) AND (number IS NULL) = (content_sha256 IS NULL) AND (number IS NULL) = (due_at IS NULL)),
  CHECK (total_minor = net_minor + tax_minor),
  CHECK (prepaid_minor >= 0 AND applied_minor >= 0 AND paid_minor >= 0),
  CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
  CHECK ((status = 'void') = (voided_at IS NOT NULL)),
  CHECK (status <> 'paid' OR total_minor = prepaid_minor + applied_minor + paid_minor)
);
-- A period has one document, and another only when the first is void.
CREATE UNIQUE INDEX invoice_of_period ON invoice (period_id) WHERE status <> 'void';
CREATE INDEX invoice_by_organization ON invoice (organization_id, id);
CREATE INDEX invoice_to_collect ON invoice (collect_at) WHERE status = 'finalized' AND collect_at IS NOT NULL;
CREATE INDEX invoice_drafts ON invoice (created_at) WHERE status = 'draft';

CREATE TABLE invoice_line (
  invoice_id uuid NOT NULL REFERENCES invoice (id),
  seq integer NOT NULL CHECK (seq > 0),
  -- usage; promo and prepaid: what credit paid of it; credited: reversals that a credit note has settled.
  kind text NOT NULL CHECK (kind IN ('usage', 'promo', 'prepaid', 'credited')),
  description text NOT NULL,
  model_id text,
  token_class text,
  price_version_id uuid REFERENCES price_version (id),
  quantity numeric(38, 0),
  unit_price_pico bigint,
  -- Exact; below zero on lines that take off.
  amount_nano bigint NOT NULL,
  amount_minor bigint NOT NULL,
  tax_category text NOT NULL CHECK (tax_category IN ('S', 'Z', 'AE', 'G', 'O', 'E')),
  tax_rate_ppm integer NOT NULL CHECK (tax_rate_ppm BETWEEN 0 AND 1000000),
  PRIMARY KEY (invoice_id, seq),
  CHECK ((kind = 'usage') = (price_version_id IS NOT NULL))
);

CREATE TABLE invoice_tax (
  invoice_id uuid NOT NULL REFERENCES invoice (id),
  tax_category text NOT NULL CHECK (tax_category IN ('S', 'Z', 'AE', 'G', 'O', 'E')),
  tax_rate_ppm integer NOT NULL CHECK (tax_rate_ppm BETWEEN 0 AND 1000000),
  base_minor bigint NOT NULL,
  tax_minor bigint NOT NULL,
  PRIMARY KEY (invoice_id, tax_category, tax_rate_ppm)
);

-- Which rollups a line bills. The key is the rollup's own: a rollup is billed once.
CREATE TABLE invoice_line_rollup (
  wallet_id uuid NOT NULL,
  period_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  project_id uuid NOT NULL,
  api_key_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  model_id text NOT NULL,
  token_class text NOT NULL,
  price_version_id uuid NOT NULL,
  invoice_id uuid NOT NULL,
  seq integer NOT NULL,
  PRIMARY KEY (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id),
  FOREIGN KEY (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id)
    REFERENCES usage_rollup (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id),
  FOREIGN KEY (invoice_id, seq) REFERENCES invoice_line (invoice_id, seq)
);
CREATE INDEX invoice_line_rollup_by_line ON invoice_line_rollup (invoice_id, seq);

-- What was issued is never rewritten; what happens to it afterwards is another column.
CREATE FUNCTION invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an invoice is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (OLD.status = 'draft' AND NEW.status NOT IN ('draft', 'finalized'))
     OR (OLD.status = 'finalized' AND NEW.status NOT IN ('finalized', 'paid', 'void'))
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
CREATE TRIGGER invoice_is_kept BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_guard();

CREATE FUNCTION invoice_part_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT status FROM invoice WHERE id = OLD.invoice_id) <> 'draft' THEN
    RAISE EXCEPTION 'the lines of an issued invoice cannot be changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER invoice_line_is_kept BEFORE UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION invoice_part_guard();
CREATE TRIGGER invoice_tax_is_kept BEFORE UPDATE OR DELETE ON invoice_tax FOR EACH ROW EXECUTE FUNCTION invoice_part_guard();

CREATE TABLE credit_note (
  id uuid PRIMARY KEY,
  invoice_id uuid NOT NULL REFERENCES invoice (id),
  organization_id uuid NOT NULL REFERENCES organization (id),
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  series_id uuid NOT NULL REFERENCES invoice_series (id),
  number bigint NOT NULL,
  number_text text NOT NULL,
  reason text NOT NULL CHECK (reason IN ('price_correction', 'usage_correction', 'service_failure', 'goodwill', 'other')),
  memo text NOT NULL,
  -- The correction whose reversals it settles; absent: an amount given by hand.
  correction_id uuid,
  currency char(3) NOT NULL,
  minor_exp integer NOT NULL CHECK (minor_exp BETWEEN 0 AND 4),
  net_minor bigint NOT NULL CHECK (net_minor >= 0),
  tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
  total_minor bigint NOT NULL CHECK (total_minor > 0),
  usage_nano bigint NOT NULL CHECK (usage_nano >= 0),
  document text NOT NULL,
  content_sha256 text NOT NULL,
  issued_at timestamptz NOT NULL,
  created_by text NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  UNIQUE (series_id, number),
  CHECK (total_minor = net_minor + tax_minor)
);
CREATE INDEX credit_note_by_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_by_organization ON credit_note (organization_id, id);

CREATE TABLE credit_note_line (
  credit_note_id uuid NOT NULL REFERENCES credit_note (id),
  seq integer NOT NULL CHECK (seq > 0),
  -- The line it takes back a part of.
  invoice_id uuid NOT NULL,
  invoice_seq integer NOT NULL,
  description text NOT NULL,
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  tax_category text NOT NULL,
  tax_rate_ppm integer NOT NULL,
  PRIMARY KEY (credit_note_id, seq),
  FOREIGN KEY (invoice_id, invoice_seq) REFERENCES invoice_line (invoice_id, seq)
);
CREATE TRIGGER credit_note_append_only BEFORE UPDATE OR DELETE ON credit_note FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER credit_note_line_append_only BEFORE UPDATE OR DELETE ON credit_note_line FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- What of a credit note pays which invoice: its own first, then the next ones. Below zero: given back by a void.
CREATE TABLE credit_application (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credit_note_id uuid NOT NULL REFERENCES credit_note (id),
  invoice_id uuid NOT NULL REFERENCES invoice (id),
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
  usage_nano bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX credit_application_by_note ON credit_application (credit_note_id);
CREATE INDEX credit_application_by_invoice ON credit_application (invoice_id);
CREATE TRIGGER credit_application_append_only BEFORE UPDATE OR DELETE ON credit_application FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Money received for an invoice.
CREATE TABLE invoice_payment (
  id uuid PRIMARY KEY,
  invoice_id uuid NOT NULL REFERENCES invoice (id),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  -- The payment attempt that brought it, or what finance says of a bank transfer.
  method text NOT NULL CHECK (method IN ('charge', 'bank_transfer')),
  reference text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT billing_now(),
  created_by text NOT NULL,
  UNIQUE (method, reference)
);
CREATE INDEX invoice_payment_by_invoice ON invoice_payment (invoice_id);
CREATE TRIGGER invoice_payment_append_only BEFORE UPDATE OR DELETE ON invoice_payment FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- A charge that was wrong is taken back by a reversal and made anew by a correction; the original stays.
CREATE TABLE correction (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  reason text NOT NULL CHECK (reason IN ('price_correction', 'usage_correction', 'service_failure', 'goodwill', 'other')),
  memo text NOT NULL,
  -- recorded: reversals and charges are made. settled: posted, and credit notes issued where they were due.
  status text NOT NULL DEFAULT 'recorded' CHECK (status IN ('recorded', 'settled')),
  created_by text NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT billing_now()
);
CREATE INDEX correction_open ON correction (created_at) WHERE status = 'recorded';

ALTER TABLE usage_event
  ADD COLUMN correction_id uuid REFERENCES correction (id),
  -- The event a correction charges anew.
  ADD COLUMN corrects_id uuid REFERENCES usage_event (id),
  DROP CONSTRAINT usage_event_kind_check,
  DROP CONSTRAINT usage_event_request_id_kind_key,
  DROP CONSTRAINT usage_event_check3,
  ADD CONSTRAINT usage_event_kind_check CHECK (kind IN ('usage', 'reversal', 'correction')),
  ADD CONSTRAINT usage_event_corrects_check CHECK ((kind = 'correction') = (corrects_id IS NOT NULL)),
  ADD CONSTRAINT usage_event_corrected_by_check CHECK (kind <> 'correction' OR correction_id IS NOT NULL),
  ADD CONSTRAINT usage_event_sign_check CHECK (kind = 'reversal' OR (amount_nano >= 0 AND absorbed_nano >= 0 AND cost_nano >= 0 AND rated_pico >= 0));
CREATE UNIQUE INDEX usage_event_once ON usage_event (request_id) WHERE kind = 'usage';
CREATE UNIQUE INDEX usage_event_corrected_once ON usage_event (corrects_id) WHERE corrects_id IS NOT NULL;
-- The event that a call made is found by usage_event_once, what corrected it by this one.
CREATE INDEX usage_event_corrections_of_request ON usage_event (request_id) WHERE kind <> 'usage';
CREATE INDEX usage_event_by_correction ON usage_event (correction_id) WHERE correction_id IS NOT NULL;

-- Reversals that a credit note settles, so that the next invoice does not take them off again.
CREATE TABLE credited_reversal (
  event_id uuid PRIMARY KEY REFERENCES usage_event (id),
  credit_note_id uuid NOT NULL REFERENCES credit_note (id),
  -- The period the reversal is recorded in.
  period_id uuid NOT NULL REFERENCES billing_period (id),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0)
);
CREATE INDEX credited_reversal_by_period ON credited_reversal (period_id);
CREATE TRIGGER credited_reversal_append_only BEFORE UPDATE OR DELETE ON credited_reversal FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE credit_note_tax (
  credit_note_id uuid NOT NULL REFERENCES credit_note (id),
  tax_category text NOT NULL,
  tax_rate_ppm integer NOT NULL,
  base_minor bigint NOT NULL CHECK (base_minor >= 0),
  tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
  PRIMARY KEY (credit_note_id, tax_category, tax_rate_ppm)
);
CREATE TRIGGER credit_note_tax_append_only BEFORE UPDATE OR DELETE ON credit_note_tax FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
