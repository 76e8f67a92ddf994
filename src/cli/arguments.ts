import { open, readFile, type FileHandle } from 'node:fs/promises';
import { ID_PREFIXES, parsePublicId, type IdKind } from '../core/ids.js';

/** A command: its help, and its work, which answers the exit code. */
export interface Command {
  usage: string;
  help: string;
  run: (args: string[]) => Promise<number>;
}

/** A command line that cannot be understood: told together with how the command is used. */
export class UsageError extends Error {}

/** A file of the command line that cannot be read or written. */
export class FileError extends Error {}

/** The text of a file named on the command line. */
export async function readInput(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new FileError(`cannot read ${file}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

/** A file named on the command line, empty and open for writing. */
export async function openOutput(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w');
  } catch (error) {
    throw new FileError(`cannot write ${file}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

const reasonOf = ({ code = '', message }: NodeJS.ErrnoException): string => REASONS[code] ?? message;

export function readTime(flag: string, text: string | undefined): Date {
  const isTime =
    text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isTime || Number.isNaN(Date.parse(text)))
    throw new UsageError(`${flag} must be a time such as 2026-11-01T00:00:00Z`);
  return new Date(text);
}

export function readChoice<Choice extends string>(
  flag: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${flag} must be one of ${choices.join(', ')}`);
  return found;
}

export function readId(kind: IdKind, id: string | undefined): string | undefined {
  if (id !== undefined && parsePublicId(kind, id) === null)
    throw new UsageError(`${id} is no id such as ${ID_PREFIXES[kind]}_0199…`);
  return id;
}
