import { ConfigError } from './app-config.js';

/** Why nothing can listen at this address: in plain words when the port is taken, else the error as it is. */
export function listenFailure(error: Error, host: string, port: number): Error {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  const another = port < 65_535 ? port + 1 : port - 1;
  return new ConfigError(`PORT ${port} on ${host} is taken; choose another, for example PORT=${another}`);
}
