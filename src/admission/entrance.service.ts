import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { FaregateError } from '../core/errors.js';
import { AppConfig } from '../platform/config/app-config.js';
import { EventLoopLag } from '../platform/health/event-loop-lag.service.js';
import { mayEnter } from './fair-share.js';

const RETRY_SECONDS = 2;

/**
 * The door for inference, before anything is read or asked: what the process cannot take does not enter. Health, admin and
 * settlement do not pass here, so they have what is left of the process.
 */
@Injectable()
export class EntranceService {
  private running = 0;
  private readonly byTenant = new Map<string, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly lag: EventLoopLag,
  ) {}

  /** Counts a call in; the answer counts it out, once. Throws 503 (529 on Messages) when there is no room for it. */
  enter({ organizationId }: Principal): () => void {
    const ofTenant = this.byTenant.get(organizationId) ?? 0;
    const { maxRunningCalls: capacity, maxEventLoopLagMs } = this.config;
    const isLate = maxEventLoopLagMs > 0 && this.lag.lagMs > maxEventLoopLagMs;
    const { running } = this;
    if (isLate || !mayEnter({ running, ofTenant, tenants: this.byTenant.size, capacity })) {
      throw new FaregateError('unavailable', 'The gateway is overloaded, try again in a moment', {
        code: 'overloaded',
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    this.running += 1;
    this.byTenant.set(organizationId, ofTenant + 1);
    let isInside = true;
    return () => {
      if (isInside) this.leave(organizationId);
      isInside = false;
    };
  }

  private leave(organizationId: string): void {
    this.running -= 1;
    const left = (this.byTenant.get(organizationId) ?? 1) - 1;
    if (left === 0) this.byTenant.delete(organizationId);
    else this.byTenant.set(organizationId, left);
  }
}
