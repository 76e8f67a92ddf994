import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Folder of recorded vendor answers; not part of this repository. */
const FOLDER = resolve(process.env['FAREGATE_RECORDINGS'] ?? 'FAREGATE_RECORDINGS-is-not-set', 'vercel-ai');

/** One recorded answer. */
export interface Recording {
  /** "groq/groq-text.json". */
  name: string;
  text: string;
}

/**
 * The recordings of one vendor whose file names match. Throws when the folder is missing or nothing matches:
 * a test without its recordings must not pass.
 */
export function recordingsOf(vendor: string, pattern: RegExp): Recording[] {
  const folder = resolve(FOLDER, vendor);
  if (!existsSync(folder)) {
    throw new Error(
      `No recordings at ${folder}. Set FAREGATE_RECORDINGS to the folder that holds vercel-ai/.`,
    );
  }
  const files = readdirSync(folder).filter((file) => pattern.test(file));
  if (files.length === 0) throw new Error(`No recording in ${folder} matches ${pattern}`);
  return files.map((file) => ({
    name: `${vendor}/${file}`,
    text: readFileSync(resolve(folder, file), 'utf8'),
  }));
}

/** The recorded events of a stream, one JSON text each. */
export const recordedLines = (recording: Recording): string[] =>
  recording.text.split('\n').filter((line) => line.trim() !== '');
