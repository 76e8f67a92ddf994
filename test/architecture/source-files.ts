import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../..');

export interface SourceFile {
  /** From the repository's root, with forward slashes: `src/core/clock.ts`. */
  name: string;
  /** As written, comments included. */
  text: string;
  /** The text with every comment blanked, line numbers kept. */
  code: string;
}

/** Every TypeScript file of a top-level folder that people write: generated code is left out. */
export function readSourceFiles(folder: 'src' | 'test'): SourceFile[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file.replaceAll('\\', '/')))
    .filter((name) => name.endsWith('.ts') && !name.startsWith('src/platform/prisma/generated/'))
    .map((name) => {
      const text = readFileSync(path.join(ROOT, name), 'utf8');
      return { name, text, code: blankComments(text) };
    });
}

/** Strings first, so that a `//` in a URL is not taken for a comment. */
const STRING_OR_COMMENT =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

function blankComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (found) =>
    found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found,
  );
}

/** `src/a.ts:12: the line` of every line of code that matches. */
export function findLines(files: SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ name, code }) =>
    code
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** `src/a.ts: names from 'place'` of every import that is more than types and whose place matches. */
export function findRuntimeImports(files: SourceFile[], place: RegExp): string[] {
  return files.flatMap(({ name, code }) =>
    [...code.matchAll(/^(?:import|export) (?!type\b)([^;]*?)\s*from '([^']+)'/gm)]
      .filter(([, names = '', from = '']) => place.test(from) && !isTypesOnly(names))
      .map(([, names = '', from = '']) => `${name}: ${names.replaceAll(/\s+/g, ' ')} from '${from}'`),
  );
}

function isTypesOnly(names: string): boolean {
  const listed = /^\{(.*)\}$/s.exec(names.trim())?.[1]?.split(',') ?? [names];
  return listed.every((entry) => entry.trim() === '' || entry.trim().startsWith('type '));
}
