-- What decides a tax, with the moment from which it held: a document is taxed by what held at its tax point, whenever it is issued.
-- While nothing was posted of a seller or customer there is no tax point before now, and a change corrects what held from ever.
CREATE TABLE legal_entity_tax (
  legal_entity_id uuid NOT NULL REFERENCES legal_entity (id),
  valid_from timestamptz NOT NULL,
  country char(2),
  vat_id text,
  -- Parts per million by country the entity is registered in.
  rates jsonb NOT NULL,
  PRIMARY KEY (legal_entity_id, valid_from)
);
CREATE TABLE billing_account_tax (
  organization_id uuid NOT NULL REFERENCES organization (id),
  valid_from timestamptz NOT NULL,
  country char(2),
  vat_id text,
  exempt boolean NOT NULL,
  PRIMARY KEY (organization_id, valid_from)
);

CREATE FUNCTION note_legal_entity_tax(p_entity uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_now legal_entity_tax; v_last legal_entity_tax;
BEGIN
  SELECT e.id, billing_now(), e.country, e.vat_id,
         coalesce((SELECT jsonb_object_agg(r.country, r.rate_ppm) FROM tax_rate r WHERE r.legal_entity_id = e.id), '{}')
    INTO v_now FROM legal_entity e WHERE e.id = p_entity FOR NO KEY UPDATE;
  SELECT * INTO v_last FROM legal_entity_tax WHERE legal_entity_id = p_entity ORDER BY valid_from DESC LIMIT 1;
  IF (v_last.country, v_last.vat_id, v_last.rates) IS NOT DISTINCT FROM (v_now.country, v_now.vat_id, v_now.rates)
     AND v_last.legal_entity_id IS NOT NULL THEN RETURN; END IF;
  IF v_last.legal_entity_id IS NULL OR NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.legal_entity_id = p_entity) THEN
    DELETE FROM legal_entity_tax WHERE legal_entity_id = p_entity;
    v_now.valid_from := '-infinity';
  ELSE
    -- Under the lock: a change that waited for another one is the later of the two.
    v_now.valid_from := greatest(billing_now(), v_last.valid_from + interval '1 microsecond');
  END IF;
  INSERT INTO legal_entity_tax SELECT v_now.*;
END $$;

CREATE FUNCTION note_billing_account_tax(p_organization uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_now billing_account_tax; v_last billing_account_tax;
BEGIN
  SELECT b.organization_id, billing_now(), b.country, b.vat_id, b.tax_status = 'exempt'
    INTO v_now FROM billing_account b WHERE b.organization_id = p_organization FOR NO KEY UPDATE;
  SELECT * INTO v_last FROM billing_account_tax WHERE organization_id = p_organization ORDER BY valid_from DESC LIMIT 1;
  IF (v_last.country, v_last.vat_id, v_last.exempt) IS NOT DISTINCT FROM (v_now.country, v_now.vat_id, v_now.exempt) THEN RETURN; END IF;
  IF v_last.organization_id IS NULL OR NOT EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.organization_id = p_organization) THEN
    DELETE FROM billing_account_tax WHERE organization_id = p_organization;
    v_now.valid_from := '-infinity';
  ELSE
    -- Under the lock: a change that waited for another one is the later of the two.
    v_now.valid_from := greatest(billing_now(), v_last.valid_from + interval '1 microsecond');
  END IF;
  INSERT INTO billing_account_tax SELECT v_now.*;
END $$;

-- When the transaction ends: rates that are written anew one by one are one change.
CREATE FUNCTION legal_entity_tax_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_legal_entity_tax(NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION tax_rate_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_legal_entity_tax(coalesce(NEW.legal_entity_id, OLD.legal_entity_id));
  RETURN NULL;
END $$;
CREATE FUNCTION billing_account_tax_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_billing_account_tax(NEW.organization_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER legal_entity_keeps_tax AFTER INSERT OR UPDATE ON legal_entity
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION legal_entity_tax_changed();
CREATE CONSTRAINT TRIGGER tax_rate_keeps_tax AFTER INSERT OR UPDATE OR DELETE ON tax_rate
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tax_rate_changed();
CREATE CONSTRAINT TRIGGER billing_account_keeps_tax AFTER INSERT OR UPDATE ON billing_account
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_account_tax_changed();

-- What holds now is all that is known of the past.
INSERT INTO legal_entity_tax (legal_entity_id, valid_from, country, vat_id, rates)
  SELECT e.id, '-infinity', e.country, e.vat_id,
         coalesce((SELECT jsonb_object_agg(r.country, r.rate_ppm) FROM tax_rate r WHERE r.legal_entity_id = e.id), '{}')
  FROM legal_entity e;
INSERT INTO billing_account_tax (organization_id, valid_from, country, vat_id, exempt)
  SELECT b.organization_id, '-infinity', b.country, b.vat_id, b.tax_status = 'exempt' FROM billing_account b;
