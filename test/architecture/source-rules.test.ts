import { readFileSync } from 'node:fs';
import { findLines, findRuntimeImports, readSourceFiles } from './source-files.js';

const ROLE =
  /\.(module|controller|guard|strategy|filter|decorator|dto|service|processor|repository|store|client|gateway)\.ts$/;
const MAY_READ_ENVIRONMENT = [
  'src/platform/config/',
  'src/embedded/',
  'src/main.ts',
  'src/worker.ts',
  'src/cli',
];

const sources = readSourceFiles('src');
const production = sources.filter(({ name }) => !name.endsWith('.spec.ts'));
const tests = [...sources.filter(({ name }) => name.endsWith('.spec.ts')), ...readSourceFiles('test')];

const outside = (...places: string[]) =>
  production.filter(({ name }) => !places.some((place) => name.startsWith(place)));

const pure = outside(
  'src/platform/',
  'src/embedded/',
  'src/main.ts',
  'src/api.ts',
  'src/worker.ts',
  'src/cli',
).filter(({ name }) => !ROLE.test(name));

describe('the source', () => {
  it('has no file of more than 400 lines', () => {
    const long = [...sources, ...tests].filter(({ text }) => text.split('\n').length > 401);
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  it('reads the environment in the configuration and where programs are started, nowhere else', () => {
    expect(findLines(outside(...MAY_READ_ENVIRONMENT), /\bprocess\.env\b/)).toEqual([]);
  });

  it('reads the clock in core/clock.ts alone', () => {
    const clock = /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bprocess\.hrtime\b/;
    expect(findLines(outside('src/core/clock.ts'), clock)).toEqual([]);
  });

  it('never makes a binary fraction of an amount', () => {
    expect(findLines(production, /\bparseFloat\(/)).toEqual([]);
    const money = production.filter(({ name }) => /^src\/(billing|metering|core\/money)/.test(name));
    expect(findLines(money, /\bNumber\([^)]*(amount|nano|price|cost|balance)|\.toFixed\(/i)).toEqual([]);
  });

  it('takes of the network, into a file without a role, only what describes or computes', () => {
    expect(findRuntimeImports(pure, /^(node:)?(http|express|undici)$/)).toEqual([]);
    const computing = /: \{ *((isIP|isIPv4|isIPv6|BlockList|type \w+),? *)+\} from/;
    expect(findRuntimeImports(pure, /^(node:)?net$/).filter((line) => !computing.test(line))).toEqual([]);
  });

  it('lets a file without a role know those with one by their types only', () => {
    expect(findRuntimeImports(pure, new RegExp(`^\\..*${ROLE.source.replace('ts$', 'js$')}`))).toEqual([]);
  });

  it('calls other servers from providers and clients alone', () => {
    const others = outside('src/providers/', 'src/embedded/', 'src/cli').filter(
      ({ name }) => !/\.(client|gateway)\.ts$/.test(name),
    );
    expect(findRuntimeImports(others, /^(undici|(node:)?https)$/)).toEqual([]);
    expect(findLines(others, /(?<![.\w])fetch\(/)).toEqual([]);
  });

  it('takes packages by their default or by names: Node finds fewer names in a CommonJS namespace than the tests do', () => {
    expect(findLines(production, /^import \* as \w+ from '(?![.]|node:)/)).toEqual([]);
  });

  it('has no test that is skipped, and none that keeps others from running', () => {
    expect(
      findLines(tests, /\b(describe|it|test)\.(skip|only|todo|failing)\b|\b(xit|xdescribe|fit|fdescribe)\(/),
    ).toEqual([]);
  });

  it('promises nothing in comments', () => {
    const notes = /\b(TODO|FIXME|XXX|HACK)\b/;
    const found = [...sources, ...tests].filter(({ text, code }) => notes.test(text) && !notes.test(code));
    expect(found.map(({ name }) => name)).toEqual([]);
  });

  it('says in a sentence what each exported name of core, protocols, routing, metering and billing is', () => {
    const rooms = /^src\/(core|protocols|routing|metering|billing)\//;
    // What a door does stands on its operations, in /openapi.json.
    const described = production.filter(({ name }) => rooms.test(name) && !name.endsWith('.controller.ts'));
    expect(described.length).toBeGreaterThan(300);
    const name = String.raw`export (?:abstract |async )*(?:const|function\*?|class|interface|type) (\w+)`;
    const decorator = String.raw`@\w+\((?:.*|\{\n(?: .*\n)*\})\)\n`;
    const exported = new RegExp(`^${name}`, 'gm');
    const explained = new RegExp(String.raw`\*/\n(?:// prettier-ignore\n)?(?:${decorator})*${name}`, 'g');
    const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found);
    const found = described.flatMap(({ name: file, text }) => {
      const known = namesIn(text, explained);
      return namesIn(text, exported).flatMap((symbol) =>
        known.includes(symbol) ? [] : [`${file}: ${symbol}`],
      );
    });
    expect(found).toEqual([]);
  });

  it('runs the API with the same flags for Node in the image, under npm start and in the bench', () => {
    const flags = ['docker/Dockerfile', 'src/embedded/processes.ts', 'bench/contenders.mjs'].map((name) =>
      readFileSync(name, 'utf8').match(/--max-semi-space-size=\d+|--no-allocation-site-pretenuring/g),
    );
    expect(flags).toEqual(Array(3).fill(['--max-semi-space-size=128', '--no-allocation-site-pretenuring']));
  });
});
