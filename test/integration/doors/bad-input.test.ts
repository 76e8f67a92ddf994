import { ID_PREFIXES, publicId, uuidv7, type IdKind } from '../../../src/core/ids.js';
import { asObject } from '../../../src/core/json.js';
import {
  BELOW_ZERO,
  RawJson,
  ZERO,
  badQueryTexts,
  badValues,
  kindOf,
} from '../../support/doors/bad-values.js';
import { DOORS, urlOf, type PreparedCall } from '../../support/doors/doors.js';
import { DoorWorld, type DoorAnswer } from '../../support/doors/door-world.js';
import { readOperations, sampleOf, type Field, type Operation } from '../../support/doors/operations.js';
import { tablesNow } from '../../support/doors/tables.js';

/** Amounts that mean something at zero: a limit, a price or a balance to be told of. */
const ZERO_MEANS_SOMETHING =
  /(^|\.)(credit_limit|threshold|tolerance|unit_price|price_multiplier|balance_below)$|^budget\.amount$/;
/** Balances, which can be below zero. */
const MAY_BE_BELOW_ZERO = /^(threshold|balance_below)$/;

let world: DoorWorld;
const calls: Record<string, PreparedCall> = {};
const operations = new Map<string, Operation>();
beforeAll(async () => {
  world = await DoorWorld.start();
  for (const operation of readOperations(world.document)) operations.set(operation.name, operation);
  for (const [name, door] of Object.entries(DOORS)) calls[name] = await door(world);
}, 60_000);
afterAll(() => world.close());

const changing = Object.keys(DOORS);
const operationOf = (name: string): Operation => {
  const operation = operations.get(name);
  if (!operation) throw new Error(`${name} is not in /openapi.json`);
  return operation;
};
const send = (name: string, body: unknown, path = calls[name]?.path): Promise<DoorAnswer> => {
  const { method, path: template } = operationOf(name);
  return world.call(method, urlOf(template, path), body, calls[name]?.secret);
};
const short = (value: unknown): string =>
  value instanceof RawJson ? value.text : (JSON.stringify(value)?.slice(0, 60) ?? '');
/** A refusal of management keys has its members at the top, as Cortecs' has. */
const paramOf = ({ body }: DoorAnswer): string => String(asObject(body['error'])?.['param'] ?? body['param']);
const isRefused = ({ status }: DoorAnswer): boolean => status >= 400 && status < 500;

/** The text of the body with one field set; what it stands in is made where it is missing. */
function bodyWith(name: string, { path }: Field, value: unknown): string {
  const body = structuredClone(calls[name]?.body ?? {});
  const names = path.split('.');
  let at: Record<string, unknown> = body;
  for (const [depth, member] of names.slice(0, -1).entries()) {
    const parent = operationOf(name).body.find((field) => field.path === names.slice(0, depth + 1).join('.'));
    const isList = names[depth + 1] === '0';
    at[member] ??= isList ? [sampleOf(parent?.schema.items ?? {})] : sampleOf(parent?.schema ?? {});
    at = at[member] as Record<string, unknown>;
  }
  const mark = '"the value in question"';
  at[names.at(-1) ?? ''] = JSON.parse(mark) as string;
  const text = value instanceof RawJson ? value.text : JSON.stringify(value);
  return JSON.stringify(body).replace(mark, () => text);
}

/** All that a field cannot be: by its kind, by what it is an amount of, and by whose things it would name. */
function wrongFor(name: string, field: Field): unknown[] {
  const kind = kindOf(field.schema.items ?? field.schema);
  const wrap = field.schema.items ? (value: unknown) => [value] : (value: unknown) => value;
  const amounts =
    kind !== 'decimal'
      ? []
      : [
          ...(MAY_BE_BELOW_ZERO.test(field.path) ? [] : BELOW_ZERO),
          ...(ZERO_MEANS_SOMETHING.test(field.path) ? [] : ZERO),
        ].map(wrap);
  const strange = kind === 'id' ? strangeIds(field).map(wrap) : [];
  return [...badValues(field.schema), ...amounts, ...strange, ...(calls[name]?.wrong?.[field.path] ?? [])];
}

/** Ids of the right form: of nothing, and of a thing of somebody else. */
function strangeIds({ schema }: Field): string[] {
  const pattern = schema.items?.pattern ?? schema.pattern ?? '';
  const kinds = (Object.keys(ID_PREFIXES) as IdKind[]).filter((kind) =>
    new RegExp(pattern).test(publicId(kind, uuidv7())),
  );
  const { stranger } = world;
  const theirs: Partial<Record<IdKind, string>> = {
    paymentMethod: stranger.paymentMethod,
    request: stranger.request,
    event: stranger.event,
  };
  return kinds.flatMap((kind) => [publicId(kind, uuidv7()), ...(theirs[kind] ? [theirs[kind]] : [])]);
}

describe('what /openapi.json says', () => {
  it('names every door that changes something, each of which is tried here', () => {
    const documented = [...operations.values()].filter(({ method }) => method !== 'get');
    expect(documented.map(({ name }) => name).sort()).toEqual(changing.toSorted());
  });

  it('says of every field of every body and query what it can be', () => {
    const silent = [...operations.values()].flatMap(({ name, body, query }) =>
      [...body, ...query]
        .filter(({ schema }) => kindOf(schema) === undefined)
        .map(({ path }) => `${name} ${path}`),
    );
    expect(silent).toEqual([]);
  });

  it('says "decimal" of every field whose example is an amount, and of every one that is named as one', () => {
    const amounts = [...operations.values()].flatMap(({ name, body }) =>
      body
        .filter(({ path, schema }) => {
          const examples = [schema.example ?? ''].flat();
          const isNamed = /(^|\.)(amount|credit_limit|unit_price|tolerance|threshold)$/.test(path);
          return isNamed || examples.some((one) => typeof one === 'string' && /^\d+\.\d+$/.test(one));
        })
        .map((field) => ({
          field: `${name} ${field.path}`,
          kind: kindOf(field.schema.items ?? field.schema),
        })),
    );
    expect(amounts.length).toBeGreaterThan(15);
    expect(amounts.filter(({ kind }) => kind !== 'decimal')).toEqual([]);
  });
});

describe.each(changing)('%s', (name) => {
  it('refuses every value that a field cannot have by naming the field, and writes nothing', async () => {
    const before = await tablesNow(world.gateway.pool);
    const calledBefore = world.stripe.calls.length;
    const taken: unknown[] = [];
    for (const field of operationOf(name).body) {
      for (const value of wrongFor(name, field)) {
        const answer = await send(name, bodyWith(name, field, value));
        const where = field.path.replace(/\.0(\.|$).*/, '');
        if (!isRefused(answer) || !paramOf(answer).startsWith(where))
          taken.push([field.path, short(value), answer.status, answer.text.slice(0, 160)]);
      }
    }
    expect(taken).toEqual([]);
    expect(await tablesNow(world.gateway.pool)).toEqual(before);
    expect(world.stripe.calls.length).toBe(calledBefore);
  }, 120_000);

  it('refuses a body without a field it needs, with one it does not know, and that is no object', async () => {
    const before = await tablesNow(world.gateway.pool);
    const { body: fields, takesBody } = operationOf(name);
    const taken: unknown[] = [];
    for (const { path, required } of fields.filter((one) => one.required && !one.path.includes('.'))) {
      const { [path]: _, ...rest } = calls[name]?.body ?? {};
      const answer = await send(name, rest);
      if (!required || answer.status !== 400 || paramOf(answer) !== path)
        taken.push([path, answer.status, answer.text.slice(0, 160)]);
    }
    if (takesBody) {
      const known = new Set(fields.map(({ path }) => path));
      const unheard = ['unheard_of', 'id', 'organization_id', 'balance_nano', 'amount_nano'];
      for (const unknown of unheard.filter((one) => !known.has(one))) {
        const answer = await send(name, { ...calls[name]?.body, [unknown]: '1' });
        if (answer.status !== 400 || paramOf(answer) !== unknown) taken.push([unknown, answer.status]);
      }
      for (const text of ['[]', '[{}]', '5', '"x"', 'null', '{"__proto__":{"a":1}}', '{"a":1e400}']) {
        const answer = await send(name, text);
        if (answer.status !== 400) taken.push([text, answer.status]);
      }
    }
    expect(taken).toEqual([]);
    expect(await tablesNow(world.gateway.pool)).toEqual(before);
  });

  it('finds nothing under ids that are malformed, of another kind, of nothing, or of somebody else', async () => {
    const before = await tablesNow(world.gateway.pool);
    const { pathNames, path: template } = operationOf(name);
    const { path = {}, body } = calls[name] ?? {};
    const taken: unknown[] = [];
    for (const parameter of pathNames) {
      const id = path[parameter] ?? '';
      const prefix = /^([a-z]+)_[0-9a-f]{32}$/.exec(id)?.[1];
      const wrong = ['nonsense', '%', "'", '...', 'x'.repeat(300), world.stranger.event, `${id}0`];
      if (prefix) wrong.push(`${prefix}_${uuidv7().replaceAll('-', '')}`, id.toUpperCase());
      for (const one of wrong) {
        const answer = await send(name, body, { ...path, [parameter]: one });
        if (answer.status !== 404) taken.push([parameter, one.slice(0, 40), answer.status]);
      }
    }
    if (pathNames.length > 1 && template.includes('/organizations/{organization}/')) {
      const answer = await send(name, body, { ...path, organization: world.stranger.organization });
      if (answer.status !== 404) taken.push(['organization', 'of somebody else', answer.status]);
    }
    expect(taken).toEqual([]);
    expect(await tablesNow(world.gateway.pool)).toEqual(before);
  });
});

describe('every door that reads', () => {
  const reading = () => [...operations.values()].filter(({ method }) => method === 'get');
  const needed = ({ query }: Operation) =>
    Object.fromEntries(
      query
        .filter(({ required }) => required)
        .map(({ path, schema }) => [path, sampleQuery(path, schema.enum)]),
    );
  /** Somebody's, wherever an organization is asked for; else an id of another kind, or a word. */
  const somewhere = ({ pathNames }: Operation) =>
    Object.fromEntries(pathNames.map((name) => [name, SOMEWHERE[name] ?? world.stranger.organization]));
  const ask = (operation: Operation, path: Record<string, string>, query: Record<string, string> = {}) => {
    const secret = operation.path.startsWith('/v1/manage/') ? manager : undefined;
    const url = `${urlOf(operation.path, path)}?${new URLSearchParams(query).toString()}`;
    return world.call('get', url, undefined, secret);
  };
  let manager: string;
  let before: Record<string, string>;
  beforeAll(async () => {
    manager = await world.managementSecret(await world.customer());
    before = await tablesNow(world.gateway.pool);
  });
  afterEach(async () => expect(await tablesNow(world.gateway.pool)).toEqual(before));

  it('refuses by name what a field of its query cannot be', async () => {
    const taken: unknown[] = [];
    for (const operation of reading()) {
      for (const field of operation.query) {
        for (const text of badQueryTexts(field.schema)) {
          const answer = await ask(operation, somewhere(operation), {
            ...needed(operation),
            [field.path]: text,
          });
          const isNamed = answer.status === 400 && paramOf(answer) === field.path;
          if (!isNamed && !(answer.status === 404 && operation.pathNames.length > 0))
            taken.push([operation.name, field.path, text.slice(0, 40), answer.status]);
        }
      }
    }
    expect(taken).toEqual([]);
  }, 120_000);

  it('refuses a span that is empty or runs backwards', async () => {
    const spans = reading().filter((operation) => 'from' in needed(operation) && 'to' in needed(operation));
    expect(spans.length).toBeGreaterThan(8);
    const taken: unknown[] = [];
    for (const operation of spans) {
      for (const to of ['2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z']) {
        const answer = await ask(operation, somewhere(operation), { ...needed(operation), to });
        if (answer.status !== 400 || paramOf(answer) !== 'to') taken.push([operation.name, to, answer.text]);
      }
    }
    expect(taken).toEqual([]);
  });

  it('refuses a query with a field it does not know, where it knows any', async () => {
    const taken: unknown[] = [];
    const known = new Set(['organization', ...Object.keys(SOMEWHERE)]);
    const asked = reading().filter(
      ({ query, pathNames }) => query.length > 0 && pathNames.every((name) => known.has(name)),
    );
    for (const operation of asked) {
      const query = { ...needed(operation), colour: 'red' };
      const answer = await ask(operation, somewhere(operation), query);
      if (answer.status !== 400 || paramOf(answer) !== 'colour')
        taken.push([operation.name, answer.status, answer.text.slice(0, 100)]);
    }
    expect(taken).toEqual([]);
  });

  it('finds nothing under an id that is none, or is of another kind', async () => {
    const taken: unknown[] = [];
    for (const operation of reading()) {
      for (const parameter of operation.pathNames) {
        for (const one of ['nonsense', "'", 'x'.repeat(300), world.stranger.event]) {
          const path = { ...somewhere(operation), [parameter]: one };
          const answer = await ask(operation, path, needed(operation));
          if (!isRefused(answer)) taken.push([operation.name, parameter, one.slice(0, 40), answer.status]);
        }
      }
    }
    expect(taken).toEqual([]);
  });
});

const SOMEWHERE: Record<string, string> = { version: '1.4', dataset: 'invoice-detail' };
const sampleQuery = (name: string, words: unknown[] | undefined): string =>
  words ? String(words[0]) : name === 'to' ? '2026-02-01T00:00:00Z' : '2026-01-01T00:00:00Z';
