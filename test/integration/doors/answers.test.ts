import { publicId, uuidv7 } from '../../../src/core/ids.js';
import { AnswerShapes } from '../../support/doors/answer-shapes.js';
import type { AnyDocument } from '../../support/doors/document-faults.js';
import { DOORS, urlOf } from '../../support/doors/doors.js';
import { DoorWorld } from '../../support/doors/door-world.js';
import { readOperations, type Operation } from '../../support/doors/operations.js';

type Ids = Record<string, string>;

let world: DoorWorld;
let document: AnyDocument;
let shapes: AnswerShapes;
/** Of whose project the last key was made. */
let manager: string;
const operations = new Map<string, Operation>();
/** Ids of what is there now, by the path that they stand in. */
const there = new Map<string, Ids>();
beforeAll(async () => {
  world = await DoorWorld.start();
  document = world.document as unknown as AnyDocument;
  shapes = new AnswerShapes(document);
  for (const operation of readOperations(world.document)) operations.set(operation.name, operation);
}, 60_000);
afterAll(() => world.close());

it.each(Object.keys(DOORS))('%s answers as documented', async (name) => {
  const operation = operations.get(name);
  const call = await DOORS[name]?.(world);
  if (!operation || !call) throw new Error(`${name} is not in /openapi.json`);
  const { method, path } = operation;
  const { status, body } = await world.call(method, urlOf(path, call.path), call.body, call.secret);
  expect(shapes.faults(operation, status, body)).toEqual([]);
  if (call.secret && method === 'post') manager = call.secret;
  if (method !== 'delete') there.set(path, call.path ?? {});
  if (method === 'post' && typeof body['id'] === 'string')
    there.set(`${path}/made`, { ...call.path, made: body['id'] });
});

it('every door that reads answers as documented', async () => {
  const faults: unknown[] = [];
  for (const operation of operations.values()) {
    if (!isRead(operation)) continue;
    const secret = operation.path.startsWith('/v1/manage/') ? manager : undefined;
    const { status, body } = await world.call('get', readUrl(operation, idsOf(operation)), undefined, secret);
    const found = shapes.faults(operation, status, body);
    if (found.length > 0) faults.push([operation.name, status, ...found.slice(0, 8)]);
  }
  expect(faults).toEqual([]);
});

it('every door that reads something of nobody says that there is no such thing', async () => {
  const found: unknown[] = [];
  for (const operation of operations.values()) {
    const [, first = ''] = /\/\{(organization|project|payment)\}\//.exec(operation.path) ?? [];
    if (operation.method !== 'get' || first === '') continue;
    const url = readUrl(operation, { ...idsOf(operation), ...NOBODY });
    const { status, body } = await world.call('get', url);
    if (status !== 404 || body['error'] === undefined) found.push([operation.name, status]);
  }
  expect(found).toEqual([]);
});

const NOBODY: Ids = {
  organization: publicId('organization', uuidv7()),
  project: publicId('project', uuidv7()),
  payment: publicId('payment', uuidv7()),
};

const SPAN: Ids = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' };

/** Its address with all that it needs. */
function readUrl({ path, query }: Operation, ids: Ids): string {
  const needed = query.filter(({ required }) => required);
  const values = Object.fromEntries(needed.map(({ path: name }) => [name, SPAN[name] ?? '']));
  return `${urlOf(path, ids)}?${new URLSearchParams(values).toString()}`;
}

/** Whether it reads JSON; files have tests of their own. */
const isRead = ({ method, path }: Operation): boolean =>
  method === 'get' &&
  'application/json' in (document.paths[path]?.['get']?.responses?.['200']?.content ?? {});

/** Ids of what was made or changed at the same place, else the stranger's. */
function idsOf({ path, pathNames }: Operation): Ids {
  const [, list = '', last = ''] = /(\/[\w-]+)\/\{(\w+)\}$/.exec(path) ?? [];
  const made = [...there].find(([other]) => list !== '' && other.endsWith(`${list}/made`))?.[1];
  if (made) return { ...made, [last]: made['made'] ?? '' };
  const place = path.split('{')[0] ?? '';
  const near = [...there].filter(([other]) => other.startsWith(place)).map(([, ids]) => ids);
  const { organization, project, key, paymentMethod, request } = world.stranger;
  const theirs = { organization, project, key, paymentMethod, request, version: '1.4' };
  const known = [there.get(path) ?? {}, theirs, ...near];
  return known.find((ids) => pathNames.every((name) => name in ids)) ?? {};
}
