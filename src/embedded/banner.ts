import type { FirstKeys } from './first-start.js';

export interface Started {
  url: string;
  /** Null when keys were shown before. */
  keys: FirstKeys | null;
  isSimulated: boolean;
  isEmbedded: boolean;
  hasRedis: boolean;
}

/** What `npm start` says when everything runs. */
export function greeting({ url, keys, isSimulated, isEmbedded, hasRedis }: Started): string {
  const lines = ['', `Faregate is serving at ${url}  (API reference: ${url}/docs)`, ''];
  if (keys === null)
    lines.push('Keys were shown at the first start; `npm start -- --show-keys` makes new ones.');
  else lines.push(...keyLines(url, keys));
  lines.push('', 'Not for production as it stands:');
  if (isEmbedded)
    lines.push('  - PostgreSQL is embedded, its data lies under .faregate/ (set DATABASE_URL for your own)');
  if (!hasRedis)
    lines.push(
      '  - queue and limits need no Redis, but only one API instance may run (set REDIS_URL for more)',
    );
  if (isSimulated)
    lines.push('  - a simulator answers in place of the vendors until a provider credential is configured');
  else
    lines.push(
      '',
      'A provider credential is configured, so the simulator is off: models without a real provider answer 503.',
    );
  lines.push('', 'Ctrl-C stops everything.', '');
  return lines.join('\n');
}

function keyLines(url: string, { customerKey, adminKey }: FirstKeys): string[] {
  return [
    'These keys are shown once:',
    `  customer key  ${customerKey}`,
    `  admin key     ${adminKey}`,
    '',
    'A first call:',
    `  curl ${url}/v1/chat/completions -H 'Authorization: Bearer ${customerKey}' -H 'Content-Type: application/json' \\`,
    `    -d '{"model": "anthropic/claude-opus-4.8", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello!"}]}'`,
  ];
}
