/**
 * A line of the log that is JSON already: its members without braces. For lines that are written once a call, where
 * building an object and serialising it would cost more than everything else that telemetry does.
 */
export class LogLine {
  constructor(readonly members: string) {}
}
