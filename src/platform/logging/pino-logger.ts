import type { LoggerService } from '@nestjs/common';
import pino from 'pino';

/**
 * The process's log: JSON lines on standard output, written in the background. Nest's own messages and every
 * room's `Logger` end here. Callers never pass bodies, keys or headers.
 */
export class PinoLogger implements LoggerService {
  private readonly pino: pino.Logger;

  constructor(level: string, role: string) {
    this.pino = pino(
      { level, base: { role, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ sync: false, minLength: 4_096, periodicFlush: 500 }),
    );
  }

  log(message: unknown, context?: string): void {
    this.pino.info(fields(message, context));
  }

  warn(message: unknown, context?: string): void {
    this.pino.warn(fields(message, context));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const [stack, context] = rest.length > 1 ? rest : [undefined, rest[0]];
    this.pino.error({ ...fields(message, context as string | undefined), stack });
  }

  debug(message: unknown, context?: string): void {
    this.pino.debug(fields(message, context));
  }

  verbose(message: unknown, context?: string): void {
    this.pino.trace(fields(message, context));
  }

  fatal(message: unknown, context?: string): void {
    this.pino.fatal(fields(message, context));
  }

  /** Writes out what is still in memory; for the end of the process. */
  flush(): void {
    this.pino.flush();
  }
}

function fields(message: unknown, context: string | undefined): object {
  if (typeof message === 'object' && message !== null && !(message instanceof Error))
    return { context, ...message };
  return { context, msg: message instanceof Error ? message.message : String(message) };
}
