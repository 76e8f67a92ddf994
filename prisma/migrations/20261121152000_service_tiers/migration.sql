-- What a call costs may depend on the tier that the vendor says it served it in.
ALTER TABLE sku
  ADD COLUMN service_tier text NOT NULL DEFAULT 'standard' CHECK (service_tier IN ('standard', 'flex', 'priority', 'batch')),
  DROP CONSTRAINT sku_key,
  ADD CONSTRAINT sku_key UNIQUE NULLS NOT DISTINCT
    (kind, model_id, provider_id, organization_id, token_class, tier_from, service_tier, currency, multiplier_ppm);

-- Makes the multiplied prices that are missing: of one list price, or of all that hold now or later.
CREATE OR REPLACE FUNCTION multiply_prices(p_ppm bigint, p_base uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_ppm = 1000000 THEN RETURN; END IF;
  PERFORM lock_multiplied_prices();
  INSERT INTO sku (kind, model_id, provider_id, organization_id, token_class, tier_from, service_tier, currency, multiplier_ppm)
    SELECT DISTINCT s.kind, s.model_id, s.provider_id, s.organization_id, s.token_class, s.tier_from, s.service_tier, s.currency, p_ppm
    FROM price_version v JOIN sku s ON s.id = v.sku_id
    WHERE s.kind = 'list' AND s.multiplier_ppm = 1000000
      AND CASE WHEN p_base IS NULL THEN coalesce(upper(v.valid) > billing_now(), true) ELSE v.id = p_base END
    ON CONFLICT DO NOTHING;
  INSERT INTO price_version (id, sku_id, unit_price_pico, valid, source, created_by, base_id)
    SELECT gen_random_uuid(), t.id, multiplied(v.unit_price_pico, p_ppm), v.valid, v.source, v.created_by, v.id
    FROM price_version v JOIN sku s ON s.id = v.sku_id
    JOIN sku t ON t.multiplier_ppm = p_ppm AND t.model_id = s.model_id AND t.kind = s.kind AND t.token_class = s.token_class
      AND t.tier_from = s.tier_from AND t.service_tier = s.service_tier AND t.currency = s.currency AND t.provider_id IS NOT DISTINCT FROM s.provider_id
      AND t.organization_id IS NOT DISTINCT FROM s.organization_id
    WHERE s.kind = 'list' AND s.multiplier_ppm = 1000000
      AND CASE WHEN p_base IS NULL THEN coalesce(upper(v.valid) > billing_now(), true) ELSE v.id = p_base END
      AND NOT EXISTS (SELECT 1 FROM price_version d WHERE d.base_id = v.id AND d.sku_id = t.id);
END $$;

-- What vendors said a call cost, for the comparison with what was accrued.
CREATE INDEX usage_event_with_vendor_cost ON usage_event (recorded_at) WHERE raw_usage ? 'cost';
