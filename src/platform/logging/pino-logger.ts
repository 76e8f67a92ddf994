import type { LoggerService } from '@nestjs/common';
import pino from 'pino';
import { isoTime, nowMs } from '../../core/clock.js';
import { LogLine } from './log-line.js';

/** Lines are written together, this many bytes or what came in so many milliseconds: each write costs a trip to another thread. */
const WRITE_BYTES = 12 * 1_024;
const WRITE_MS = 500;

/** Nest logs under this name what it then throws while it starts; the entry point says it, once and in plain words. */
const START_FAILURE = 'ExceptionHandler';

/**
 * The process's log: JSON lines on standard output, written in the background. Nest's own messages and every
 * room's `Logger` end here. Callers never pass bodies, keys or headers.
 */
export class PinoLogger implements LoggerService {
  private readonly pino: pino.Logger;
  private readonly lines: { write(text: string): unknown };
  private readonly origin: string;

  constructor(level: string, role: string) {
    const destination = pino.destination({ sync: false, minLength: WRITE_BYTES, periodicFlush: WRITE_MS });
    const base = { role, pid: process.pid };
    this.pino = pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination);
    this.lines = destination;
    this.origin = JSON.stringify(base).slice(1, -1);
  }

  log(message: unknown, context?: string): void {
    if (message instanceof LogLine) return this.line(message, context);
    this.pino.info(fields(message, context));
  }

  warn(message: unknown, context?: string): void {
    this.pino.warn(fields(message, context));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const [stack, context] = rest.length > 1 ? rest : [undefined, rest[0]];
    if (context === START_FAILURE) return;
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

  /** Beside pino, in the same form. */
  private line({ members }: LogLine, context: string | undefined): void {
    if (!this.pino.isLevelEnabled('info')) return;
    this.lines.write(
      `{"level":30,"time":"${isoTime(nowMs())}",${this.origin},"context":"${context ?? ''}",${members}}\n`,
    );
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
