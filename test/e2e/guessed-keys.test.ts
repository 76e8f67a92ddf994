import { generateSecret } from '../../src/accounts/keys/key-material.js';
import { chatBody, untilSettled } from '../support/calls.js';
import { createAdminSecret } from '../support/admin-door.js';
import { CHAT_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { expectRefusal, type Dialect } from '../support/refusals.js';

const GUESSER = '203.0.113.7';
/** What an address may try in a minute. */
const TAKEN = 100;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => gateway.close());

const call = (secret: string, from: string, path = '/v1/chat/completions'): Promise<Response> => {
  const isRead = /^\/(v1\/key|api|admin)/.test(path);
  return fetch(gateway.url + path, {
    method: isRead ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'x-forwarded-for': from,
    },
    ...(isRead ? {} : { body: JSON.stringify(chatBody(CHAT_MODEL)) }),
  });
};

describe('an address that tries secrets nobody has', () => {
  it('hears 429 and when to come back after a hundred, while malformed ones cost it nothing', async () => {
    for (let at = 0; at < TAKEN + 20; at += 1) await (await call(`fg_live_${at}`, GUESSER)).text();
    const statuses: number[] = [];
    for (let at = 0; at < TAKEN + 20; at += 1) {
      const answer = await call(generateSecret('fg_live'), GUESSER);
      statuses.push(answer.status);
      if (answer.status === 429) expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      await answer.text();
    }
    expect(statuses.slice(0, TAKEN)).toEqual(Array(TAKEN).fill(401));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  it('hears it in the words of every door, that of administrators too', async () => {
    const doors: [string, Dialect][] = [
      ['/v1/chat/completions', 'openai'],
      ['/v1/messages', 'anthropic'],
      ['/v1beta/models/m:generateContent', 'google'],
      ['/v1/key', 'openai'],
    ];
    for (const [path, dialect] of doors) {
      for (let at = 0; at < TAKEN; at += 1) await (await call(generateSecret('fg_live'), GUESSER)).text();
      const refused = await call(generateSecret('fg_live'), GUESSER, path);
      await expectRefusal(refused, { dialect, status: 429, about: path });
    }
    const [usage, manage, admin] = [
      await call(generateSecret('fg_live'), GUESSER, '/api/usage/token'),
      await call(generateSecret('fg_live'), GUESSER, '/v1/manage/api-keys'),
      await call(generateSecret('fg_admin'), GUESSER, '/admin/v1/organizations'),
    ];
    for (const answer of [usage, manage, admin]) {
      expect(answer.status).toBe(429);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      await answer.text();
    }
  });

  it('locks out neither the good keys behind it nor other addresses', async () => {
    expect((await call(gateway.secret, GUESSER)).status).toBe(200);
    const admin = await createAdminSecret(gateway, 'owner');
    expect((await call(admin, GUESSER, '/admin/v1/organizations')).status).toBe(200);
    expect((await call(generateSecret('fg_live'), '203.0.113.8')).status).toBe(401);
    await untilSettled(gateway);
  });

  it('is not one that goes on using a key that has been revoked', async () => {
    const revoked = generateSecret('fg_live');
    for (let at = 0; at < TAKEN + 20; at += 1) {
      const answer = await call(revoked, '203.0.113.9');
      expect(answer.status).toBe(401);
      await answer.text();
    }
  });
});
