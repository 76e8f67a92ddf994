CREATE TABLE provider (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  name text NOT NULL,
  -- Which value of src/providers answers: "openai", "anthropic", "openai-compatible" …
  adapter text NOT NULL,
  protocol text NOT NULL CHECK (protocol IN ('openai-chat', 'openai-responses', 'anthropic-messages', 'google-gemini')),
  base_url text NOT NULL,
  -- AES-256-GCM, bound to this table and row; absent for an upstream without credential.
  credential_ciphertext bytea,
  region text,
  eu_native boolean NOT NULL DEFAULT false,
  zero_data_retention boolean NOT NULL DEFAULT false,
  allow_private_network boolean NOT NULL DEFAULT false,
  -- True for the built-in simulator: used only while nothing real serves the model.
  simulated boolean NOT NULL DEFAULT false,
  headers jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE model (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,126}$'),
  name text NOT NULL,
  context_window integer NOT NULL CHECK (context_window > 0),
  max_output_tokens integer NOT NULL CHECK (max_output_tokens > 0),
  -- Output limit of a request that names none; absent: such a request is refused where the protocol demands one.
  default_max_tokens integer CHECK (default_max_tokens > 0 AND default_max_tokens <= max_output_tokens),
  capabilities text[] NOT NULL DEFAULT '{}',
  fallback_model text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  -- Where the figures come from.
  source text NOT NULL DEFAULT 'admin',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE model_alias (
  alias text PRIMARY KEY,
  model_id text NOT NULL REFERENCES model (id)
);
CREATE INDEX model_alias_by_model ON model_alias (model_id);

CREATE TABLE deployment (
  id uuid PRIMARY KEY,
  model_id text NOT NULL REFERENCES model (id),
  provider_id uuid NOT NULL REFERENCES provider (id),
  upstream_model text NOT NULL,
  priority integer NOT NULL DEFAULT 0,
  weight integer NOT NULL DEFAULT 1 CHECK (weight >= 0),
  quantization text,
  region text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'draining', 'disabled', 'deleted')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deployment_by_model ON deployment (model_id);

-- What a price is for. `list` is what customers pay, `cost` what the provider takes from us.
-- organization_id makes it a contract price; provider_id narrows a list price to one provider.
CREATE TABLE sku (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('list', 'cost')),
  model_id text NOT NULL REFERENCES model (id),
  provider_id uuid REFERENCES provider (id),
  organization_id uuid REFERENCES organization (id),
  token_class text NOT NULL CHECK (token_class IN ('input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output',
    'audio_input', 'audio_output', 'image_input', 'search')),
  -- The price holds for calls with at least this many input tokens.
  tier_from bigint NOT NULL DEFAULT 0 CHECK (tier_from >= 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  UNIQUE NULLS NOT DISTINCT (kind, model_id, provider_id, organization_id, token_class, tier_from, currency),
  CHECK (kind = 'list' OR provider_id IS NOT NULL)
);

CREATE TABLE price_version (
  id uuid PRIMARY KEY,
  sku_id bigint NOT NULL REFERENCES sku (id),
  -- 1e-12 of a major unit per token, or per call for search.
  unit_price_pico bigint NOT NULL CHECK (unit_price_pico >= 0),
  valid tstzrange NOT NULL CHECK (NOT isempty(valid) AND lower(valid) IS NOT NULL AND lower_inc(valid) AND NOT upper_inc(valid)),
  source text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT price_version_no_overlap EXCLUDE USING gist (int8range(sku_id, sku_id, '[]') WITH &&, valid WITH &&)
);
CREATE INDEX price_version_by_sku ON price_version (sku_id);

-- A price is never edited; the only change allowed is that a successor ends an open one.
CREATE FUNCTION price_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'table price_version is append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  IF upper(OLD.valid) IS NOT NULL OR lower(NEW.valid) <> lower(OLD.valid)
     OR (NEW.id, NEW.sku_id, NEW.unit_price_pico, NEW.source, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.sku_id, OLD.unit_price_pico, OLD.source, OLD.created_by, OLD.created_at) THEN
    RAISE EXCEPTION 'a price version is never edited' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER price_version_immutable BEFORE UPDATE OR DELETE ON price_version
  FOR EACH ROW EXECUTE FUNCTION price_version_guard();

-- Every process watches this number and reloads its snapshot of the catalogue when it moves.
CREATE TABLE catalog_version (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  version bigint NOT NULL DEFAULT 1
);
INSERT INTO catalog_version DEFAULT VALUES;

CREATE FUNCTION catalog_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog_version SET version = version + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER provider_changed AFTER INSERT OR UPDATE OR DELETE ON provider FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER model_changed AFTER INSERT OR UPDATE OR DELETE ON model FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER model_alias_changed AFTER INSERT OR UPDATE OR DELETE ON model_alias FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER deployment_changed AFTER INSERT OR UPDATE OR DELETE ON deployment FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER price_version_changed AFTER INSERT OR UPDATE OR DELETE ON price_version FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
