-- A time zone that the server does not know (it knows others than Node, and may lose one with an update) made every settlement of its
-- organization fail for want of a period: nothing was charged, and one such call stopped the sweep. Its months are now those of UTC,
-- on its invoices too, until the organization is given another zone; books check F39 names it.

-- The zone itself when this server knows it, else UTC.
CREATE FUNCTION zone_or_utc(p_zone text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE p_zone;
  RETURN p_zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END $$;

-- As before, but for the zone.
CREATE OR REPLACE FUNCTION open_period(p_organization uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := billing_now();
  v_from timestamptz;
  v_zone text;
  v_id uuid;
BEGIN
  SELECT id INTO v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND v_now < ends_at ORDER BY starts_at LIMIT 1;
  IF v_id IS NOT NULL THEN RETURN v_id; END IF;
  -- Behind every period that takes no more. One that another settlement has opened meanwhile is not passed over:
  -- the insert finds it in its way and does nothing.
  SELECT greatest(v_now, max(ends_at)) INTO v_from FROM billing_period
    WHERE organization_id = p_organization AND ends_at > v_now AND status <> 'open';
  v_from := coalesce(v_from, v_now);
  SELECT zone_or_utc(timezone) INTO v_zone FROM organization WHERE id = p_organization;
  INSERT INTO billing_period (id, organization_id, starts_at, ends_at)
    SELECT gen_random_uuid(), o.id,
           greatest(date_trunc('month', v_from AT TIME ZONE v_zone) AT TIME ZONE v_zone,
             (SELECT max(p.ends_at) FROM billing_period p WHERE p.organization_id = o.id AND p.ends_at <= v_from)),
           (date_trunc('month', v_from AT TIME ZONE v_zone) + interval '1 month') AT TIME ZONE v_zone
    FROM organization o WHERE o.id = p_organization
    ON CONFLICT DO NOTHING;
  SELECT id INTO STRICT v_id FROM billing_period
    WHERE organization_id = p_organization AND status = 'open' AND v_now < ends_at ORDER BY starts_at LIMIT 1;
  RETURN v_id;
END $$;
