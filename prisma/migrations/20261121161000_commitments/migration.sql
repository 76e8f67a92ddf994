-- What a customer has promised to use each month. A new one takes over where the last one ends; none is ever rewritten.
CREATE TABLE commitment (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Usage of a whole calendar month; a part of one counts by its days.
  amount_nano bigint NOT NULL CHECK (amount_nano > 0),
  -- Whose days and months these are: the organization's own zone, which stays while a commitment lasts.
  time_zone text NOT NULL,
  valid_from date NOT NULL,
  -- First day no longer in it; absent: until it is ended. The first day itself: it never held.
  valid_until date,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  CHECK (valid_until >= valid_from),
  EXCLUDE USING gist (int8range(hashtextextended(organization_id::text, 0), hashtextextended(organization_id::text, 0), '[]') WITH &&,
    daterange(valid_from, valid_until) WITH &&)
);
CREATE INDEX commitment_by_organization ON commitment (organization_id, valid_from);

-- A commitment may be ended, or ended earlier; nothing else of it changes.
CREATE FUNCTION commitment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a commitment is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.organization_id, NEW.currency, NEW.amount_nano, NEW.time_zone, NEW.valid_from, NEW.created_by, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.currency, OLD.amount_nano, OLD.time_zone, OLD.valid_from, OLD.created_by, OLD.created_at)
     OR NEW.valid_until IS NULL OR NEW.valid_until > OLD.valid_until THEN
    RAISE EXCEPTION 'commitment % can be ended and not rewritten', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER commitment_is_kept BEFORE UPDATE OR DELETE ON commitment FOR EACH ROW EXECUTE FUNCTION commitment_guard();

-- Makes the periods of months under a commitment in which nothing settled, up to the present one; how many. Without
-- them a customer who used nothing would never be billed. A period that somebody makes meanwhile is left as it is.
CREATE FUNCTION open_committed_periods() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_made integer;
BEGIN
  INSERT INTO billing_period (id, organization_id, starts_at, ends_at)
    SELECT DISTINCT ON (c.organization_id, b.ends_at) gen_random_uuid(), c.organization_id,
           greatest(b.starts_at, (SELECT max(p.ends_at) FROM billing_period p
                                  WHERE p.organization_id = c.organization_id AND p.ends_at <= b.ends_at)), b.ends_at
    FROM commitment c
    CROSS JOIN LATERAL generate_series(date_trunc('month', c.valid_from::timestamp),
      least(billing_now() AT TIME ZONE c.time_zone, c.valid_until::timestamp - interval '1 day'), interval '1 month') m(first_day)
    CROSS JOIN LATERAL (SELECT m.first_day AT TIME ZONE c.time_zone AS starts_at,
                               (m.first_day + interval '1 month') AT TIME ZONE c.time_zone AS ends_at) b
    WHERE c.valid_until IS DISTINCT FROM c.valid_from
      AND NOT EXISTS (SELECT 1 FROM billing_period p
                      WHERE p.organization_id = c.organization_id AND p.starts_at < b.ends_at AND p.ends_at >= b.ends_at)
    ORDER BY c.organization_id, b.ends_at
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS v_made = ROW_COUNT;
  RETURN v_made;
END $$;

-- What the end of a period adds to its usage: charges that were nobody's debt before the document asked for them.
ALTER TABLE invoice ADD COLUMN period_end_nano bigint NOT NULL DEFAULT 0 CHECK (period_end_nano >= 0);
-- What of it a credit note gives back.
ALTER TABLE credit_note ADD COLUMN period_end_nano bigint NOT NULL DEFAULT 0 CHECK (period_end_nano >= 0);
-- true_up: what a month's usage lacks to the customer's minimum commitment.
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check,
  ADD CONSTRAINT invoice_line_kind_check CHECK (kind IN ('usage', 'promo', 'prepaid', 'credited', 'true_up'));

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
      NEW.period_end_nano, NEW.document, NEW.content_sha256, NEW.finalized_at, NEW.due_at)
     IS DISTINCT FROM (OLD.kind, OLD.organization_id, OLD.wallet_id, OLD.legal_entity_id, OLD.period_id, OLD.series_id,
      OLD.number, OLD.number_text, OLD.currency, OLD.net_minor, OLD.tax_minor, OLD.total_minor, OLD.prepaid_minor, OLD.usage_nano,
      OLD.period_end_nano, OLD.document, OLD.content_sha256, OLD.finalized_at, OLD.due_at) THEN
    RAISE EXCEPTION 'invoice % was issued and cannot be rewritten', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
