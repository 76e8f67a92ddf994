import { generateSecret, hashSecret } from '../../src/accounts/keys/key-material.js';
import { uuidv7 } from '../../src/core/ids.js';
import type { JsonObject } from '../../src/core/json.js';
import type { AdminRole } from '../../src/platform/http/access.decorator.js';
import { TEST_SECRETS, type GatewayWorld } from './gateway.js';

/** A usable secret of an admin. */
export async function createAdminSecret(
  { pool }: Pick<GatewayWorld, 'pool'>,
  role: AdminRole = 'admin',
): Promise<string> {
  const secret = generateSecret('fg_admin');
  await pool.query(
    `insert into admin_key (id, hash, display_start, last4, name, role) values ($1, $2, $3, $4, 'test', $5)`,
    [uuidv7(), hashSecret(secret, TEST_SECRETS.KEY_PEPPER), secret.slice(0, 12), secret.slice(-4), role],
  );
  return secret;
}

export interface DoorAnswer {
  status: number;
  json: JsonObject;
  text: string;
}

/** The admin API of a running gateway, as an admin calls it. */
export type AdminDoor = (method: string, path: string, body?: unknown) => Promise<DoorAnswer>;

/** `path` starts behind /admin/v1, unless it starts with /finance. */
export const adminDoor =
  (url: string, secret: string): AdminDoor =>
  async (method, path, body) => {
    const response = await fetch(`${url}${path.startsWith('/finance') ? '' : '/admin/v1'}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: JSON.parse(text) as JsonObject };
  };
