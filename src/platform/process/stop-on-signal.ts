import type { PinoLogger } from '../logging/pino-logger.js';

/** What a process does when it is told to go. */
export interface Leaving {
  /** One word for the log: what it does until it is gone. */
  doing: string;
  /** Ends what runs; rejects when that did not go well. */
  stop: () => Promise<unknown>;
}

/** Leaves on the first SIGTERM or SIGINT: exit code 0, or 1 when not everything was closed. Further signals change nothing. */
export function stopOnSignal(logger: PinoLogger, { doing, stop }: Leaving): void {
  const exit = (code: number): void => {
    logger.flush();
    process.exit(code);
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      logger.log(`${signal}: ${doing}`, 'Main');
      void stop().then(
        () => exit(0),
        (error: unknown) => {
          logger.error(`not closed cleanly: ${String(error)}`, undefined, 'Main');
          exit(1);
        },
      );
    });
  }
}
