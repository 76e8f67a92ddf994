import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stopChild, untilServing, type Child } from '../../../src/embedded/processes.js';

/** A process that runs this program, with a channel to us as npm start gives its processes. */
function startProgram(program: string): Child {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit').then(([code, signal]) => String(signal ?? code));
  return { name: 'api', process: child, exited };
}

describe('the API of npm start serves', () => {
  it('where that very process says so', async () => {
    const api = startProgram(`process.send({ url: 'http://127.0.0.1:7' }); setInterval(() => {}, 1000)`);
    expect(await untilServing(api)).toBe('http://127.0.0.1:7');
    await stopChild(api);
  });

  it('not, when it ends without having said so, whoever else answers there', async () => {
    await expect(untilServing(startProgram('process.exit(1)'))).rejects.toThrow(
      'the api process ended (1) before it answered',
    );
  });
});
