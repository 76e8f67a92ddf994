import { parseArgs } from 'node:util';
import type { AdminKeyView } from '../accounts/admin-keys/admin-key.js';
import { AdminKeysService } from '../accounts/admin-keys/admin-keys.service.js';
import { parsePublicId } from '../core/ids.js';
import { systemActor } from '../platform/audit/audit-log.repository.js';
import { readTime, UsageError, type Command } from './arguments.js';
import { withContext } from './context.js';

const ACTOR = systemActor('cli');

/** The keys of those who administer this installation: they are made, shown and ended here alone. */
export const ADMIN_KEY_COMMANDS: Record<string, Command> = {
  'admin-keys create': {
    usage:
      'admin-keys create --role owner|admin|finance|support|auditor [--name NAME] [--expires-at TIME] [--json]',
    help: 'Makes an admin key. Its secret is printed once and cannot be read again. --expires-at is RFC 3339; without it the key works until it is revoked.',
    run: create,
  },
  'admin-keys list': {
    usage: 'admin-keys list [--json]',
    help: 'Lists the admin keys, newest first, revoked and expired ones too; never a secret.',
    run: list,
  },
  'admin-keys revoke': {
    usage: 'admin-keys revoke ID [--json]',
    help: 'Ends an admin key, from the next call on. ID is that of `admin-keys list`. Revoking again changes nothing.',
    run: revoke,
  },
};

async function create(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { role: text, name: text, 'expires-at': text, json: { type: 'boolean' } },
  });
  const { role, 'expires-at': end } = values;
  if (role === undefined) throw new UsageError('--role is required');
  const expiresAt = end === undefined ? null : readTime('--expires-at', end);
  const key = await withContext((app) =>
    app.get(AdminKeysService).create(ACTOR, { role, name: values.name ?? `${role} key`, expiresAt }),
  );
  process.stdout.write(
    values.json ? `${JSON.stringify(key)}\n` : `${key.secret}\n\nThis ${role} key is shown once; keep it.\n`,
  );
  return 0;
}

async function list(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const keys = await withContext((app) => app.get(AdminKeysService).list());
  process.stdout.write(values.json ? `${JSON.stringify(keys)}\n` : keys.map(lineOf).join(''));
  return 0;
}

async function revoke(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new UsageError('one ID is required');
  const id = parsePublicId('adminKey', text);
  if (id === null) throw new UsageError(`${text} is no id of an admin key; see admin-keys list`);
  const key = await withContext((app) => app.get(AdminKeysService).revoke(ACTOR, id));
  process.stdout.write(values.json ? `${JSON.stringify(key)}\n` : `${key.id} is revoked.\n`);
  return 0;
}

const lineOf = (key: AdminKeyView): string =>
  [
    key.id,
    key.starts_with,
    key.role,
    key.status,
    `created ${key.created_at}`,
    key.expires_at === null ? 'does not expire' : `expires ${key.expires_at}`,
    key.name,
  ].join('  ') + '\n';
