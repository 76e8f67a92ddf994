import { jest } from '@jest/globals';
import { runCli } from '../../src/cli.js';
import { testEnvironment } from './billing.js';

/** Runs one command of `faregate` in this process, on a test database; answers its exit code and all it printed. */
export async function runCommand(
  args: string[],
  databaseUrl: string,
): Promise<{ code: number; output: string }> {
  const before = { ...process.env };
  Object.assign(process.env, testEnvironment(databaseUrl));
  const written: string[] = [];
  const take = (piece: unknown) => written.push(String(piece)) > 0;
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(take),
  );
  try {
    return { code: await runCli(args), output: written.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.env = before;
  }
}
