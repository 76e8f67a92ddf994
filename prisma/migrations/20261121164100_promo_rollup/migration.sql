-- How much of the usage of each hour promo credit paid, by provider and model. Beside the rollups it tells what was earned, without
-- a look at every call. A reversal counts below zero.
CREATE TABLE promo_rollup (
  organization_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  provider_id uuid NOT NULL,
  model_id text NOT NULL,
  promo_nano numeric(38, 0) NOT NULL,
  PRIMARY KEY (wallet_id, hour, provider_id, model_id)
);
CREATE INDEX promo_rollup_by_time ON promo_rollup USING brin (hour) WITH (pages_per_range = 32, autosummarize = on);

-- Events are few (a batch) and found by their ids, whatever the planner makes of tables that were empty when it last looked.
CREATE FUNCTION add_to_promo_rollup() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  INSERT INTO promo_rollup AS r (organization_id, wallet_id, hour, provider_id, model_id, promo_nano)
    SELECT e.organization_id, e.wallet_id, date_trunc('hour', e.recorded_at, 'UTC'), e.provider_id, e.model_id,
           sum(CASE e.kind WHEN 'reversal' THEN -f.amount_nano ELSE f.amount_nano END)
    FROM added_funding f JOIN usage_event e ON e.id = f.event_id
    WHERE f.funding = 'prepaid_promo'
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 4, 5
    ON CONFLICT (wallet_id, hour, provider_id, model_id) DO UPDATE SET promo_nano = r.promo_nano + excluded.promo_nano;
  RETURN NULL;
END $$;

CREATE TRIGGER usage_funding_rolls_up AFTER INSERT ON usage_funding
  REFERENCING NEW TABLE AS added_funding FOR EACH STATEMENT EXECUTE FUNCTION add_to_promo_rollup();

-- The trigger above keeps writers out until this has been committed: nothing is counted twice or missed.
INSERT INTO promo_rollup (organization_id, wallet_id, hour, provider_id, model_id, promo_nano)
  SELECT e.organization_id, e.wallet_id, date_trunc('hour', e.recorded_at, 'UTC'), e.provider_id, e.model_id,
         sum(CASE e.kind WHEN 'reversal' THEN -f.amount_nano ELSE f.amount_nano END)
  FROM usage_funding f JOIN usage_event e ON e.id = f.event_id
  WHERE f.funding = 'prepaid_promo'
  GROUP BY 1, 2, 3, 4, 5;

-- What the house bore is rare; its share of a provider's cost is told call by call.
CREATE INDEX usage_event_absorbed ON usage_event (recorded_at) WHERE absorbed_nano <> 0;
