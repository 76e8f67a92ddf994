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

-- As before, and: each attempt names its credential.
CREATE OR REPLACE FUNCTION record_requests(p_calls settled_call[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO request (id, organization_id, project_id, api_key_id, wallet_id, protocol, streamed, model_requested, model_id,
    provider_id, deployment_id, upstream_id, status, http_status, error_type, finish_reason, usage_source, end_user, warnings,
    started_at, first_token_ms, duration_ms, route)
  SELECT c.hold, c.organization_id, c.project_id, c.api_key_id, c.wallet_id, c.protocol, c.streamed, c.model_requested, c.model_id,
    c.provider, c.deployment, c.upstream_id, c.status, c.http_status, c.error_type, c.finish_reason, c.usage_source, c.end_user,
    coalesce(c.warnings, '{}'), c.started_at, c.first_token_ms, c.duration_ms, c.route
  FROM unnest(p_calls) c;

  INSERT INTO attempt (request_id, seq, deployment_id, provider_id, credential_id, upstream_model, outcome, status, error_type,
    upstream_id, cost_nano, duration_ms)
  SELECT c.hold, a.seq, a.deployment, a.provider, a.credential, a.upstream_model, a.outcome, a.status, a.error_type,
    a.upstream_id, coalesce(a.cost, 0), a.duration_ms
  FROM unnest(p_calls) c
  CROSS JOIN LATERAL jsonb_to_recordset(c.attempts) AS a(seq integer, deployment uuid, provider uuid, credential uuid,
    upstream_model text, outcome text, status integer, error_type text, upstream_id text, cost bigint, duration_ms integer);
END $$;
