import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { monotonicMs } from '../../core/clock.js';

const SAMPLE_MS = 100;

/** How late this process runs: what a timer of a tenth of a second is late by. */
@Injectable()
export class EventLoopLag implements OnApplicationShutdown {
  private dueAt = monotonicMs() + SAMPLE_MS;
  private samples: [number, number] = [0, 0];
  private readonly timer = setInterval(() => this.sample(), SAMPLE_MS).unref();

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Milliseconds, the lesser of the last two samples: one long pause is no overload. */
  get lagMs(): number {
    return Math.min(...this.samples);
  }

  private sample(): void {
    const now = monotonicMs();
    this.samples = [this.samples[1], Math.max(0, now - this.dueAt)];
    this.dueAt = now + SAMPLE_MS;
  }
}
