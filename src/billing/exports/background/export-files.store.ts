import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../../platform/config/app-config.js';

/** A file that was written. */
export interface WrittenFile {
  bytes: number;
  /** In hex. */
  sha256: string;
}

/** A file: its folder, and its path in it. */
export interface FilePlace {
  root: string;
  name: string;
}

/**
 * Where finished exports are kept: a port. A key is `export/run`, both UUIDs, so that two runs of one export never write
 * to the same place. What is not whole is never read under its key.
 */
export abstract class ExportFiles {
  /** Keeps the pieces under a key; on an error nothing is there. */
  abstract write(key: string, pieces: AsyncIterable<Buffer>): Promise<WrittenFile>;
  /** Where the whole file is, as seen from this process; null when it is not there. */
  abstract locate(key: string): Promise<FilePlace | null>;
  /** Removes it, whole or not; does nothing when it is not there. */
  abstract remove(key: string): Promise<void>;
  /** Every key under which there is something, whole or not. */
  abstract list(): Promise<string[]>;
}

const PART = '.part';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Readable by this account only: the files are customers' usage. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Files in a folder (`EXPORT_DIR`) that every API and worker process sees. */
@Injectable()
export class DiskExportFiles extends ExportFiles {
  private readonly root: string;

  constructor(config: AppConfig) {
    super();
    this.root = config.exports.dir;
  }

  async write(key: string, pieces: AsyncIterable<Buffer>): Promise<WrittenFile> {
    const whole = this.pathOf(key);
    const part = `${whole}${PART}`;
    await mkdir(path.dirname(whole), { recursive: true, mode: FOLDER_MODE });
    const hash = createHash('sha256');
    let bytes = 0;
    const counting = new Transform({
      transform: (chunk: Buffer, _, done) => {
        hash.update(chunk);
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    try {
      const file = createWriteStream(part, { mode: FILE_MODE });
      await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), counting, file);
      await syncFile(part);
      await rename(part, whole);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  async locate(key: string): Promise<FilePlace | null> {
    const isThere = await stat(this.pathOf(key)).then(
      (found) => found.isFile(),
      () => false,
    );
    return isThere ? { root: path.resolve(this.root), name: key } : null;
  }

  async remove(key: string): Promise<void> {
    const whole = this.pathOf(key);
    await rm(whole, { force: true });
    await rm(`${whole}${PART}`, { force: true });
    // The folder of an export goes with its last file.
    await rmdir(path.dirname(whole)).catch(() => undefined);
  }

  async list(): Promise<string[]> {
    const keys = new Set<string>();
    for (const folder of await namesIn(this.root)) {
      if (!UUID.test(folder)) continue;
      for (const file of await namesIn(path.join(this.root, folder))) {
        const run = file.endsWith(PART) ? file.slice(0, -PART.length) : file;
        if (UUID.test(run)) keys.add(`${folder}/${run}`);
      }
    }
    return [...keys];
  }

  private pathOf(key: string): string {
    const [folder = '', run = '', ...more] = key.split('/');
    if (more.length > 0 || !UUID.test(folder) || !UUID.test(run)) throw new Error(`not a key: ${key}`);
    return path.join(this.root, folder, run);
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** On disk, not only in the machine's memory, before anybody is told that it is there. */
async function syncFile(name: string): Promise<void> {
  const file = await open(name, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
