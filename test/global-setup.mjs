/** Runs once, outside Jest's transform: TypeScript is loaded through tsx for the length of this function. */
import { register } from 'tsx/esm/api';

export default async function globalSetup() {
  const unregister = register();
  try {
    const { startServices } = await import('./support/services.ts');
    globalThis.stopTestServices = await startServices();
  } finally {
    await unregister();
  }
}
