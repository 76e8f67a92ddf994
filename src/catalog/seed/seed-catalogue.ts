import { uuidv7 } from '../../core/ids.js';
import { SealedBox } from '../../platform/crypto/sealed-box.js';
import { credentialPlace } from '../model.js';
import { modelRows, priceRows, SIMULATED_PROVIDERS } from './seed-rows.js';

/** An open transaction, as `pg` gives it. */
interface SeedTransaction {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** What the seed needs of a database: `Database` has it. */
export interface SeedDatabase {
  transaction<Result>(work: (client: SeedTransaction) => Promise<Result>): Promise<Result>;
}

export interface SeedOptions {
  /** The running simulator; absent: the simulated providers are switched off. */
  simulator?: { baseUrl: string; credentialKey: string } | undefined;
}

/** Long past, so that a seeded price holds at any instant a call may be priced at. */
const VALID_FROM = '2020-01-01T00:00:00Z';
/** The simulator takes any credential that begins like this. */
const SIMULATOR_CREDENTIAL = 'sim-faregate';
/** Two processes that start together seed one after the other. */
const SEED_LOCK = 4_711_102;

const INSERT_MODELS = `
  with wanted as (
    select * from jsonb_to_recordset($1::jsonb) as w(id text, name text, context_window int, max_output_tokens int,
      capabilities jsonb, aliases jsonb, source text)
  ), added as (
    insert into model (id, name, context_window, max_output_tokens, capabilities, source)
    select id, name, context_window, max_output_tokens,
      array(select jsonb_array_elements_text(capabilities)), source
    from wanted where not exists (select 1 from model_alias a where a.alias = wanted.id)
    on conflict do nothing returning id
  )
  insert into model_alias (alias, model_id)
  select a.alias, w.id from wanted w join added using (id), jsonb_array_elements_text(w.aliases) as a(alias)
  where not exists (select 1 from model m where m.id = a.alias)
  on conflict do nothing`;

const INSERT_DEPLOYMENTS = `
  insert into deployment (id, model_id, provider_id, upstream_model)
  select w.deployment, w.id, p.id, w.upstream_model
  from jsonb_to_recordset($1::jsonb) as w(id text, deployment uuid, provider text, upstream_model text)
  join provider p on p.slug = w.provider and p.simulated
  join model m on m.id = w.id
  where not exists (select 1 from deployment d where d.model_id = w.id and d.provider_id = p.id)`;

/** A price is written only with its sku: where an admin has priced anything, the seed keeps out. */
const INSERT_PRICES = `
  with wanted as (
    select w.*, p.id as provider_id
    from jsonb_to_recordset($1::jsonb) as w(id uuid, kind text, model text, provider text, class text, tier bigint,
      pico bigint, source text)
    join model m on m.id = w.model
    left join provider p on p.slug = w.provider and p.simulated
    where w.provider is null or p.id is not null
  ), added as (
    insert into sku (kind, model_id, provider_id, token_class, tier_from, currency)
    select kind, model, provider_id, class, tier, 'USD' from wanted
    where not exists (
      select 1 from sku s where s.kind = wanted.kind and s.model_id = wanted.model and s.organization_id is null
        and s.provider_id is not distinct from wanted.provider_id and s.token_class = wanted.class and s.currency = 'USD')
    on conflict do nothing
    returning id, kind, model_id, provider_id, token_class, tier_from
  )
  insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
  select w.id, a.id, w.pico, tstzrange($2, null), w.source, 'seed'
  from wanted w join added a on a.kind = w.kind and a.model_id = w.model and a.token_class = w.class
    and a.tier_from = w.tier and a.provider_id is not distinct from w.provider_id`;

/**
 * Brings the models a fresh installation sells, their prices, and a simulated deployment of each. What is there
 * already is left as it is, whoever changed it; only the simulated providers follow the simulator: its address,
 * and whether it runs at all. Answers how many models were added.
 */
export function seedCatalogue(database: SeedDatabase, { simulator }: SeedOptions = {}): Promise<number> {
  return database.transaction(async (client) => {
    await client.query('select pg_advisory_xact_lock($1::bigint)', [SEED_LOCK]);
    const before = await countModels(client);
    const models = JSON.stringify(modelRows());
    await client.query(INSERT_MODELS, [models]);
    if (simulator) await writeSimulators(client, simulator);
    else
      await client.query(`update provider set status = 'disabled' where simulated and status <> 'disabled'`);
    await client.query(INSERT_DEPLOYMENTS, [models]);
    await client.query(INSERT_PRICES, [JSON.stringify(priceRows()), VALID_FROM]);
    return (await countModels(client)) - before;
  });
}

/** The port changes from start to start, and so does the key that seals the credential. */
async function writeSimulators(
  client: SeedTransaction,
  { baseUrl, credentialKey }: { baseUrl: string; credentialKey: string },
): Promise<void> {
  const box = new SealedBox(credentialKey, 'provider-credential');
  for (const { slug, name, adapter, protocol, path } of SIMULATED_PROVIDERS) {
    await client.query(
      `insert into provider (id, slug, name, adapter, protocol, base_url, allow_private_network, simulated)
       values ($1, $2, $3, $4, $5, $6, true, true) on conflict (slug) do nothing`,
      [uuidv7(), slug, name, adapter, protocol, baseUrl],
    );
    const { rows } = await client.query('select id from provider where slug = $1 and simulated', [slug]);
    const [found] = rows as { id: string }[];
    if (!found) throw new Error(`the provider slug "${slug}" is taken by a provider that is not simulated`);
    await client.query(
      `update provider set base_url = $2, status = 'active', updated_at = billing_now() where id = $1`,
      [found.id, baseUrl.replace(/\/+$/, '') + path],
    );
    await client.query(
      `insert into provider_credential (id, provider_id, name, ciphertext) values ($1, $1, 'default', $2)
       on conflict (id) do update set ciphertext = excluded.ciphertext, status = 'active', updated_at = billing_now()`,
      [found.id, box.seal(SIMULATOR_CREDENTIAL, credentialPlace(found.id))],
    );
  }
}

async function countModels(client: SeedTransaction): Promise<number> {
  const { rows } = await client.query('select count(*)::int as models from model');
  return (rows as { models: number }[])[0]?.models ?? 0;
}
