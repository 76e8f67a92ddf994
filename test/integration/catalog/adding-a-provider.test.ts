import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ADAPTERS } from '../../../src/catalog/adapters.js';
import { getAdapter } from '../../../src/providers/registry.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('docs/adding-a-provider.md', () => {
  const page = read('docs/adding-a-provider.md');
  const example = /`(src\/providers\/[\w/-]+\.ts)`, as it is:\n\n```ts\n([\s\S]*?)```/.exec(page);

  it('shows an example that is the very file, about twenty lines long', () => {
    expect(example?.[2]).toBe(read(example?.[1] ?? ''));
    expect(example?.[2]?.split('\n').length).toBeLessThanOrEqual(28);
  });

  it('shows one that is registered, and named by the catalogue, in one line each', () => {
    const name = /name: '([\w-]+)'/.exec(example?.[2] ?? '')?.[1] ?? '';
    expect(getAdapter(name)).toMatchObject({ name, protocols: ['openai-chat'] });
    expect(ADAPTERS['openai-chat']).toContain(name);
    const registry = read('src/providers/registry.ts').split('\n');
    expect(registry.filter((line) => new RegExp(`\\b${name}\\b`).test(line))).toHaveLength(2);
  });

  it('names quirks and files that exist', () => {
    const words = read('src/protocols/protocol.ts') + read('src/providers/provider.ts');
    const cells = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
    const named = cells.flatMap((line) => line.split('|')[2]?.match(/`[\w.]+`/g) ?? []);
    expect(named.length).toBeGreaterThan(15);
    for (const field of named)
      expect(words).toMatch(new RegExp(`\\b${field.slice(1, -1).replace('quirks.', '')}\\b`));
    for (const [file] of page.matchAll(/(?:src|test)\/[\w/-]+\.(?:ts|json)/g))
      expect(read(file)).not.toBe('');
  });
});
