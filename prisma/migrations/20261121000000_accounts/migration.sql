-- The clock of everything about money. One function, so that it is one place to look.
CREATE FUNCTION billing_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT clock_timestamp()';

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE organization (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  compatibility text NOT NULL DEFAULT 'standard' CHECK (compatibility IN ('standard', 'octen', 'octopusx', 'cortecs')),
  currency char(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
  timezone text NOT NULL DEFAULT 'UTC',
  billing_mode text NOT NULL DEFAULT 'prepaid' CHECK (billing_mode IN ('prepaid', 'postpaid')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  default_payment_method_id uuid,
  routing_defaults jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- What finance knows of the customer; one per organization.
CREATE TABLE billing_account (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL UNIQUE REFERENCES organization (id),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  country char(2) CHECK (country ~ '^[A-Z]{2}$'),
  vat_id text,
  tax_status text NOT NULL DEFAULT 'unknown' CHECK (tax_status IN ('unknown', 'taxable', 'reverse_charge', 'exempt')),
  po_number text,
  net_days integer NOT NULL DEFAULT 0 CHECK (net_days BETWEEN 0 AND 365),
  credit_limit_nano bigint NOT NULL DEFAULT 0 CHECK (credit_limit_nano >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE member (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  email text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'finance', 'developer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, email)
);

CREATE TABLE project (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  routing_defaults jsonb NOT NULL DEFAULT '{}',
  tags jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id)
);
CREATE INDEX project_by_organization ON project (organization_id, created_at, id);

CREATE TABLE payment_method (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  provider text NOT NULL CHECK (provider IN ('sandbox', 'stripe', 'invoice')),
  provider_customer text,
  provider_reference text NOT NULL,
  brand text,
  last4 text CHECK (last4 ~ '^[0-9]{4}$'),
  exp_month integer CHECK (exp_month BETWEEN 1 AND 12),
  exp_year integer CHECK (exp_year BETWEEN 2000 AND 2200),
  fingerprint text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'expired', 'detached', 'blocked')),
  setup_ok_at timestamptz,
  consecutive_declines integer NOT NULL DEFAULT 0 CHECK (consecutive_declines >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, provider_reference),
  UNIQUE (organization_id, id)
);
CREATE INDEX payment_method_by_organization ON payment_method (organization_id, created_at, id);

ALTER TABLE organization
  ADD FOREIGN KEY (id, default_payment_method_id) REFERENCES payment_method (organization_id, id);

-- balance: credited minus charged. held: the sum of open holds. overdraft: how far below zero it may go.
CREATE TABLE wallet (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  balance_nano bigint NOT NULL DEFAULT 0,
  held_nano bigint NOT NULL DEFAULT 0 CHECK (held_nano >= 0),
  overdraft_nano bigint NOT NULL DEFAULT 0 CHECK (overdraft_nano >= 0),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked')),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, currency),
  CONSTRAINT wallet_never_overspent CHECK (balance_nano - held_nano >= -overdraft_nano)
) WITH (fillfactor = 50);

CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  project_id uuid NOT NULL,
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  -- Absent: the organization's default payment method pays.
  payment_method_id uuid,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- Empty arrays: no restriction.
  allowed_models text[] NOT NULL DEFAULT '{}',
  allowed_ips text[] NOT NULL DEFAULT '{}',
  scopes text[] NOT NULL DEFAULT '{inference}',
  rate_limits jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
  FOREIGN KEY (organization_id, payment_method_id) REFERENCES payment_method (organization_id, id),
  CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX api_key_by_project ON api_key (project_id, created_at, id);

-- A key's secrets: one, or two while a rotation overlaps. Only the HMAC is stored.
CREATE TABLE api_key_secret (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  api_key_id uuid NOT NULL REFERENCES api_key (id),
  display_start text NOT NULL,
  last4 text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Absent: as long as the key itself.
  expires_at timestamptz
);
CREATE INDEX api_key_secret_by_key ON api_key_secret (api_key_id);

CREATE TABLE admin_key (
  id uuid PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  display_start text NOT NULL,
  last4 text NOT NULL,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'finance', 'support', 'auditor')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A spending cap of an organization, a project or a key. At most one each.
CREATE TABLE budget (
  scope_id uuid PRIMARY KEY,
  scope text NOT NULL CHECK (scope IN ('organization', 'project', 'key')),
  organization_id uuid NOT NULL REFERENCES organization (id),
  amount_nano bigint NOT NULL CHECK (amount_nano >= 0),
  time_window text NOT NULL CHECK (time_window IN ('daily', 'weekly', 'monthly', 'lifetime')),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- What was held and spent under a scope in one window. Windows are UTC; a lifetime starts at the epoch.
CREATE TABLE budget_usage (
  scope_id uuid NOT NULL,
  window_start timestamptz NOT NULL,
  held_nano bigint NOT NULL DEFAULT 0 CHECK (held_nano >= 0),
  spent_nano bigint NOT NULL DEFAULT 0 CHECK (spent_nano >= 0),
  PRIMARY KEY (scope_id, window_start)
) WITH (fillfactor = 50);

CREATE FUNCTION budget_window_start(p_time_window text, p_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT CASE p_time_window
    WHEN 'daily' THEN date_trunc('day', p_at, 'UTC')
    WHEN 'weekly' THEN date_trunc('week', p_at, 'UTC')
    WHEN 'monthly' THEN date_trunc('month', p_at, 'UTC')
    ELSE 'epoch'::timestamptz
  END
$$;

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT billing_now(),
  actor text NOT NULL,
  action text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  organization_id uuid,
  before_hash text,
  after_hash text,
  detail jsonb NOT NULL DEFAULT '{}',
  prev_hash text NOT NULL,
  hash text NOT NULL UNIQUE
);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION forbid_change();

-- Answers of admin and finance POSTs, so that a repeated Idempotency-Key gets the first answer again.
CREATE TABLE idempotency_key (
  scope text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  -- Absent while the first call is still running.
  status integer,
  response jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
