-- A provider has any number of credentials, which take turns. A deleted one stays as a name without a secret, because
-- attempts name it.
CREATE TABLE provider_credential (
  id uuid PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES provider (id),
  -- "default" is the one that the provider's own door sets.
  name text NOT NULL CHECK (name <> ''),
  -- AES-256-GCM, bound to this table and row.
  ciphertext bytea,
  -- Share of the calls; 0: only while no other one can be used.
  weight integer NOT NULL DEFAULT 1 CHECK (weight >= 0),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'draining', 'disabled', 'deleted')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((status = 'deleted') = (ciphertext IS NULL))
);
CREATE UNIQUE INDEX provider_credential_name ON provider_credential (provider_id, name) WHERE status <> 'deleted';
CREATE TRIGGER provider_credential_changed AFTER INSERT OR UPDATE OR DELETE ON provider_credential
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

-- The one credential that a provider had keeps the place it is sealed to, "provider:<uuid>".
INSERT INTO provider_credential (id, provider_id, name, ciphertext)
  SELECT id, id, 'default', credential_ciphertext FROM provider WHERE credential_ciphertext IS NOT NULL;
ALTER TABLE provider DROP COLUMN credential_ciphertext;

-- Which credential an attempt was made with; absent: the upstream needs none.
ALTER TABLE attempt ADD COLUMN credential_id uuid;
