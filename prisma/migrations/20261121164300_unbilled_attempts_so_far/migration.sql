-- What there was before such attempts were kept apart; without a lock, because nobody adds to it any more.
INSERT INTO unbilled_attempt (request_id, seq, organization_id, wallet_id, provider_id, model_id, recorded_at, cost_nano, currency, status)
  SELECT a.request_id, a.seq, r.organization_id, r.wallet_id, a.provider_id, r.model_id, r.created_at, a.cost_nano, w.currency,
         CASE WHEN EXISTS (SELECT 1 FROM provider_statement s WHERE s.provider_id = a.provider_id AND s.currency = w.currency
                             AND s.stated_cost_nano IS NOT NULL AND s.days @> (r.created_at AT TIME ZONE 'UTC')::date)
              THEN 'stated' ELSE 'open' END
  FROM attempt a JOIN request r ON r.id = a.request_id JOIN wallet w ON w.id = r.wallet_id
  LEFT JOIN usage_event e ON e.request_id = a.request_id AND e.kind = 'usage'
  WHERE a.cost_nano > 0 AND (a.outcome = 'failed' OR e.id IS NULL)
  ON CONFLICT DO NOTHING;
