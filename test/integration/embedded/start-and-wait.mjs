/** Starts embedded PostgreSQL on the folder given, tells its parent, and waits to be killed. */
import { register } from 'tsx/esm/api';

register();
const { startEmbeddedPostgres } = await import('../../../src/embedded/postgres.ts');
const { url } = await startEmbeddedPostgres({ dir: process.argv[2], persistent: true });
process.send({ url });
process.on('disconnect', () => process.exit(0)); // also what keeps this process running
