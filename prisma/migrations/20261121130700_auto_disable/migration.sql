-- Deployments that are switched off when their upstream says that the account or the channel is not usable, and switched on
-- again when a test call is answered (New API's auto-ban). An administrator's own "disabled" is never undone by a test.
ALTER TABLE deployment DROP CONSTRAINT deployment_status_check;
ALTER TABLE deployment ADD CONSTRAINT deployment_status_check
  CHECK (status IN ('active', 'draining', 'disabled', 'auto_disabled', 'deleted'));

-- What switches deployments off; that of a deployment replaces that of its provider as a whole. None: nothing does.
CREATE TABLE auto_disable_rule (
  id uuid PRIMARY KEY,
  provider_id uuid UNIQUE REFERENCES provider (id),
  deployment_id uuid UNIQUE REFERENCES deployment (id),
  enabled boolean NOT NULL,
  -- HTTP statuses, alone ("401") or from-to ("500-599").
  statuses text[] NOT NULL,
  -- Words of the upstream's refusal, whatever their case.
  keywords text[] NOT NULL,
  -- Seconds between test calls that may switch it on again; absent: administrators alone do.
  retest_seconds integer CHECK (retest_seconds > 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (num_nonnulls(provider_id, deployment_id) = 1)
);
CREATE TRIGGER auto_disable_rule_changed AFTER INSERT OR UPDATE OR DELETE ON auto_disable_rule
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

-- Why and since when; of meaning only while the deployment's status is auto_disabled.
CREATE TABLE deployment_outage (
  deployment_id uuid PRIMARY KEY REFERENCES deployment (id),
  -- Never the upstream's own words: they may hold parts of a credential.
  reason text NOT NULL,
  disabled_at timestamptz NOT NULL,
  tested_at timestamptz,
  test_error text
);
