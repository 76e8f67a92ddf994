import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readSourceFiles, ROOT } from './source-files.js';

const POINTS = Array.from({ length: 22 }, (_, index) => `C${index + 1}`);
/** The name of a test, or of a group of them, begins with the point it proves. */
const NAMED = /\b(?:it|describe)(?:\.each\([^]*?\))?\(\s*['"`]crash point (C\d+):/g;

describe('the crash points', () => {
  it('each have a test that is named after them', () => {
    const named = new Set(
      readSourceFiles('test').flatMap(({ text }) => [...text.matchAll(NAMED)].map(([, point = '']) => point)),
    );
    expect([...named].sort(byNumber)).toEqual(POINTS);
  });

  it('each have a line in docs/crash-points.md, and every test named there exists', () => {
    const page = readFileSync(path.join(ROOT, 'docs/crash-points.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (C\d+) .*\|$/gm)].map(([line, point]) => ({ point, line }));
    expect(rows.map(({ point }) => point)).toEqual(POINTS);
    const files = new Map(readSourceFiles('test').map(({ name, text }) => [name, text]));
    const untrue = rows.flatMap(({ point, line }) => {
      const tests = [...line.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, name = '']) => name);
      const proves =
        tests.length > 0 && tests.every((name) => files.get(name)?.includes(`crash point ${point}:`));
      return proves ? [] : [point];
    });
    expect(untrue).toEqual([]);
  });
});

const byNumber = (one: string, other: string): number => Number(one.slice(1)) - Number(other.slice(1));
