/**
 * Does what writes to sockets at the end of a turn of the event loop, one right after another. Whoever reads on the other
 * side is woken by a first write and still at work when the next ones come; with work between them, each wakes somebody.
 */
export class EndOfTurn {
  private steps: (() => void)[] = [];

  /** The step runs after all that the sockets brought in this turn has been looked at, in the order of coming. */
  add(step: () => void): void {
    this.steps.push(step);
    if (this.steps.length === 1) setImmediate(() => this.run());
  }

  private run(): void {
    const { steps } = this;
    this.steps = [];
    for (const step of steps) step();
  }
}
