import { AuditLogRepository } from '../../../src/platform/audit/audit-log.repository.js';
import { DOORS, urlOf } from '../../support/doors/doors.js';
import { DoorWorld } from '../../support/doors/door-world.js';
import { readOperations, type Operation } from '../../support/doors/operations.js';
import { tablesNow } from '../../support/doors/tables.js';

/** What only looks, though it is a POST; proved below to change nothing. */
const LOOKS = ['POST /finance/v1/audits', 'POST /finance/v1/price-previews'];

let world: DoorWorld;
let changing: Operation[];
beforeAll(async () => {
  world = await DoorWorld.start();
  changing = readOperations(world.document).filter(({ method }) => method !== 'get');
});
afterAll(() => world.close());

const make = async (name: string) => {
  const operation = changing.find((one) => one.name === name);
  if (!operation) throw new Error(`${name} is not in /openapi.json`);
  const call = await DOORS[name]?.(world);
  return () => world.call(operation.method, urlOf(operation.path, call?.path), call?.body, call?.secret);
};
const entries = async () => {
  const { rows } = await world.gateway.pool.query<{ actor: string; action: string }>(
    'select actor, action from audit_log order by id',
  );
  return rows;
};

it('every door of /openapi.json that may change something is tried here, and no other', () => {
  expect(Object.keys(DOORS).sort()).toEqual(changing.map(({ name }) => name).sort());
  expect(changing.length).toBeGreaterThan(70);
});

it.each(Object.keys(DOORS).filter((name) => !LOOKS.includes(name)))(
  '%s leaves an entry of who did it in the audit log',
  async (name) => {
    const call = await make(name);
    const before = await entries();
    const { status, text } = await call();
    expect([status < 300, status < 300 ? '' : text]).toEqual([true, '']);
    const added = (await entries()).slice(before.length);
    expect(added.length).toBeGreaterThan(0);
    const actor = name.includes('/v1/manage/') ? /^key_/ : /^akey_/;
    expect(added.filter((entry) => actor.test(entry.actor))).not.toEqual([]);
  },
);

it.each(LOOKS)('%s changes nothing', async (name) => {
  const call = await make(name);
  const before = await tablesNow(world.gateway.pool);
  expect((await call()).status).toBeLessThan(300);
  expect(await tablesNow(world.gateway.pool)).toEqual(before);
});

it('the chain of all these entries is unbroken', async () => {
  const { broken, entries: count } = await world.gateway.api.app.get(AuditLogRepository).verify();
  expect(broken).toEqual([]);
  expect(count).toBeGreaterThan(Object.keys(DOORS).length);
});
