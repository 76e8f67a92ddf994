-- Calls that the house makes to see whether an upstream answers. No customer is charged: what the provider takes for them is
-- the house's own expense.
CREATE TABLE upstream_probe (
  id uuid PRIMARY KEY,
  probed_at timestamptz NOT NULL DEFAULT billing_now(),
  deployment_id uuid NOT NULL REFERENCES deployment (id),
  provider_id uuid NOT NULL REFERENCES provider (id),
  -- Absent: the upstream needs none.
  credential_id uuid,
  passed boolean NOT NULL,
  -- Status and cause, never the upstream's own words; absent when it passed.
  error text,
  cost_nano bigint NOT NULL CHECK (cost_nano >= 0),
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- The cost stands in the ledger; true from the start where there is none.
  booked boolean NOT NULL
);
CREATE INDEX upstream_probe_to_book ON upstream_probe (id) WHERE NOT booked;
