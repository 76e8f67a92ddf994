-- Keys in a group pay list prices times its multiplier, and may be kept to some deployments.
CREATE TABLE key_group (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  description text NOT NULL DEFAULT '',
  -- Parts per million of every list price; 1000000: the list price itself.
  multiplier_ppm bigint NOT NULL DEFAULT 1000000 CHECK (multiplier_ppm BETWEEN 0 AND 1000000000),
  -- Deployments that may serve; absent: every one.
  deployment_ids uuid[] CHECK (cardinality(deployment_ids) > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER key_group_changed AFTER INSERT OR UPDATE OR DELETE ON key_group FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

ALTER TABLE api_key ADD COLUMN group_id uuid REFERENCES key_group (id);
CREATE INDEX api_key_by_group ON api_key (group_id) WHERE group_id IS NOT NULL;

-- No multiplier exists when a call is rated: for each multiplier that a group has, each list price stands there once more,
-- multiplied and rounded half up to 1e-12, for exactly as long as the price it is made from (`base_id`).
ALTER TABLE sku
  ADD COLUMN multiplier_ppm bigint NOT NULL DEFAULT 1000000 CHECK (multiplier_ppm BETWEEN 0 AND 1000000000),
  ADD CHECK (kind = 'list' OR multiplier_ppm = 1000000),
  DROP CONSTRAINT "sku_kind_model_id_provider_id_organization_id_token_class_t_key",
  ADD CONSTRAINT sku_key UNIQUE NULLS NOT DISTINCT
    (kind, model_id, provider_id, organization_id, token_class, tier_from, currency, multiplier_ppm);
ALTER TABLE price_version ADD COLUMN base_id uuid REFERENCES price_version (id);
CREATE INDEX price_version_by_base ON price_version (base_id) WHERE base_id IS NOT NULL;

CREATE OR REPLACE FUNCTION price_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'table price_version is append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  IF upper(OLD.valid) IS NOT NULL OR lower(NEW.valid) <> lower(OLD.valid)
     OR (NEW.id, NEW.sku_id, NEW.unit_price_pico, NEW.source, NEW.created_by, NEW.created_at, NEW.base_id)
        IS DISTINCT FROM (OLD.id, OLD.sku_id, OLD.unit_price_pico, OLD.source, OLD.created_by, OLD.created_at, OLD.base_id) THEN
    RAISE EXCEPTION 'a price version is never edited' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION multiplied(p_pico bigint, p_ppm bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT div(p_pico::numeric * p_ppm + 500000, 1000000)::bigint
$$;

-- Prices and groups that change at the same time wait for each other, so that no pair of them is missed.
CREATE FUNCTION lock_multiplied_prices() RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('multiplied prices', 0))
$$;

-- Makes the multiplied prices that are missing: of one list price, or of all that hold now or later.
CREATE FUNCTION multiply_prices(p_ppm bigint, p_base uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_ppm = 1000000 THEN RETURN; END IF;
  PERFORM lock_multiplied_prices();
  INSERT INTO sku (kind, model_id, provider_id, organization_id, token_class, tier_from, currency, multiplier_ppm)
    SELECT DISTINCT s.kind, s.model_id, s.provider_id, s.organization_id, s.token_class, s.tier_from, s.currency, p_ppm
    FROM price_version v JOIN sku s ON s.id = v.sku_id
    WHERE s.kind = 'list' AND s.multiplier_ppm = 1000000
      AND CASE WHEN p_base IS NULL THEN coalesce(upper(v.valid) > billing_now(), true) ELSE v.id = p_base END
    ON CONFLICT DO NOTHING;
  INSERT INTO price_version (id, sku_id, unit_price_pico, valid, source, created_by, base_id)
    SELECT gen_random_uuid(), t.id, multiplied(v.unit_price_pico, p_ppm), v.valid, v.source, v.created_by, v.id
    FROM price_version v JOIN sku s ON s.id = v.sku_id
    JOIN sku t ON t.multiplier_ppm = p_ppm AND t.model_id = s.model_id AND t.kind = s.kind AND t.token_class = s.token_class
      AND t.tier_from = s.tier_from AND t.currency = s.currency AND t.provider_id IS NOT DISTINCT FROM s.provider_id
      AND t.organization_id IS NOT DISTINCT FROM s.organization_id
    WHERE s.kind = 'list' AND s.multiplier_ppm = 1000000
      AND CASE WHEN p_base IS NULL THEN coalesce(upper(v.valid) > billing_now(), true) ELSE v.id = p_base END
      AND NOT EXISTS (SELECT 1 FROM price_version d WHERE d.base_id = v.id AND d.sku_id = t.id);
END $$;

-- A list price that is made or ends takes its multiplied ones along.
CREATE FUNCTION follow_list_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_multiplied_prices();
  IF TG_OP = 'UPDATE' THEN
    UPDATE price_version SET valid = NEW.valid WHERE base_id = NEW.id;
  ELSE
    PERFORM multiply_prices(g.multiplier_ppm, NEW.id)
      FROM (SELECT DISTINCT multiplier_ppm FROM key_group WHERE multiplier_ppm <> 1000000) g;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER price_version_followed AFTER INSERT OR UPDATE ON price_version
  FOR EACH ROW WHEN (NEW.base_id IS NULL) EXECUTE FUNCTION follow_list_price();

CREATE FUNCTION multiply_for_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM multiply_prices(NEW.multiplier_ppm);
  RETURN NULL;
END $$;
CREATE TRIGGER key_group_multiplies AFTER INSERT OR UPDATE OF multiplier_ppm ON key_group
  FOR EACH ROW EXECUTE FUNCTION multiply_for_group();
