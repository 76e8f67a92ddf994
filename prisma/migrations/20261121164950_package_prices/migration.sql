-- Prices of packages: a call pays its share at the unit price, and the end of a billing period the rest of the package it began.
CREATE TABLE package_price (
  price_version_id uuid PRIMARY KEY REFERENCES price_version (id),
  -- Tokens or calls in a package, and what one costs; the unit price is the one divided by the other, exactly.
  size bigint NOT NULL CHECK (size > 1),
  amount_nano bigint NOT NULL CHECK (amount_nano > 0)
);
CREATE TRIGGER package_price_append_only BEFORE UPDATE OR DELETE ON package_price FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE FUNCTION package_price_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM price_version v JOIN sku s ON s.id = v.sku_id
                 WHERE v.id = NEW.price_version_id AND s.kind = 'list' AND s.organization_id IS NOT NULL AND v.base_id IS NULL
                   AND v.unit_price_pico::numeric * NEW.size = NEW.amount_nano::numeric * 1000) THEN
    RAISE EXCEPTION 'a package is of a contract price and costs its size times the unit price' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER package_price_fits BEFORE INSERT ON package_price FOR EACH ROW EXECUTE FUNCTION package_price_guard();

-- package: the rest of the packages that a period's usage began.
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check,
  ADD CONSTRAINT invoice_line_kind_check CHECK (kind IN ('usage', 'promo', 'prepaid', 'credited', 'true_up', 'credit', 'package'));
