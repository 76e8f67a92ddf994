import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SETTINGS } from '../../src/platform/config/settings.js';
import { ROOT } from './source-files.js';

const dockerfile = readFileSync(path.join(ROOT, 'docker/Dockerfile'), 'utf8');
const compose = readFileSync(path.join(ROOT, 'docker/compose.yaml'), 'utf8');

/** Settings that the image's processes start with. */
const settings = new Map(
  [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
    [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
  ),
);

/** A service of compose.yaml, as text. */
const serviceText = (name: string): string =>
  new RegExp(String.raw`^  ${name}:\n(?:    .*\n)+`, 'm').exec(compose)?.[0] ?? '';

describe('the image', () => {
  const folders = SETTINGS.map(({ name }) => name).filter((name) => name.endsWith('_DIR'));

  it('has a folder of its own user for everything that is written, outside of its read-only root', () => {
    expect(folders).toContain('MAIL_DIR');
    const owned = /RUN mkdir -p (.*) && chown -R 65532:65532 \/var\/lib\/faregate$/m.exec(dockerfile)?.[1];
    expect(owned?.split(' ').sort()).toEqual(folders.map((name) => `"$${name}"`).sort());
    for (const name of folders) expect(settings.get(name)).toMatch(/^\/var\/lib\/faregate\/\w+$/);
  });

  it('has a listener for its health check in every process, the worker too', () => {
    expect(settings.get('METRICS_PORT')).toBe('9090');
    expect(dockerfile).toContain('127.0.0.1:${process.env.METRICS_PORT || process.env.PORT}/livez');
  });
});

describe('compose.yaml', () => {
  it('gives each process a volume for what it writes', () => {
    const volumesOf = (name: string) => /volumes: \[(.*)\]/.exec(serviceText(name))?.[1];
    const [journal, exports, mail] = ['JOURNAL_DIR', 'EXPORT_DIR', 'MAIL_DIR'].map((name) =>
      settings.get(name),
    );
    expect(volumesOf('api')).toBe(`'journal:${journal}', 'exports:${exports}'`);
    expect(volumesOf('worker')).toBe(`'exports:${exports}', 'mail:${mail}'`);
  });

  it('hands every setting of docker/.env to each process, and keeps what it sets itself', () => {
    const shared = /^x-faregate: &faregate\n(?: {2}.*\n)+/m.exec(compose)?.[0] ?? '';
    expect(shared).toContain('env_file: [{ path: .env, required: false }]');
    for (const name of ['migrate', 'api', 'worker']) {
      expect(serviceText(name)).toContain('<<: *faregate');
      expect(serviceText(name)).not.toContain('env_file');
    }
    for (const [name, value] of settings) {
      if (name !== 'NODE_ENV') expect(shared).toMatch(new RegExp(`^    ${name}: '?${value}'?$`, 'm'));
    }
  });
});
