-- Where a customer wants to be told what happens to its money (Standard Webhooks).
CREATE TABLE webhook_endpoint (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organization (id),
  url text NOT NULL,
  description text NOT NULL DEFAULT '',
  -- Types it wants: "payment.succeeded", "payment.*", "*".
  events text[] NOT NULL CHECK (cardinality(events) > 0),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  secret_ciphertext bytea NOT NULL,
  -- The secret before the last rotation; signs too until it ends.
  previous_secret_ciphertext bytea,
  previous_secret_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  updated_at timestamptz NOT NULL DEFAULT billing_now(),
  CHECK ((previous_secret_ciphertext IS NULL) = (previous_secret_until IS NULL))
);
CREATE INDEX webhook_endpoint_by_organization ON webhook_endpoint (organization_id, id);

-- One event on its way to one endpoint.
CREATE TABLE webhook_delivery (
  id uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
  outbox_id uuid NOT NULL REFERENCES outbox (id),
  event_type text NOT NULL,
  -- The bytes that are signed, the same in every try.
  body text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT billing_now(),
  last_status integer,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT billing_now(),
  closed_at timestamptz,
  UNIQUE (endpoint_id, outbox_id),
  CHECK ((status = 'pending') = (closed_at IS NULL))
);
CREATE INDEX webhook_delivery_open ON webhook_delivery (next_at) WHERE status = 'pending';

-- At which balances and which parts of a budget a customer wants to be told, and who gets an e-mail.
CREATE TABLE alert_rule (
  organization_id uuid PRIMARY KEY REFERENCES organization (id),
  -- In nano.
  balance_thresholds bigint[] NOT NULL DEFAULT '{}',
  budget_percent integer[] NOT NULL DEFAULT '{}',
  emails text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT billing_now()
);

-- Alerts that were given; a balance may give its own again once it has been above the threshold.
CREATE TABLE alert_given (
  organization_id uuid NOT NULL REFERENCES organization (id),
  kind text NOT NULL CHECK (kind IN ('balance', 'budget')),
  -- A threshold, or a budget with its window and part.
  key text NOT NULL,
  given_at timestamptz NOT NULL DEFAULT billing_now(),
  PRIMARY KEY (organization_id, kind, key)
);
