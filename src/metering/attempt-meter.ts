import type { PriceSheet } from '../catalog/price.js';
import { monotonicMs } from '../core/clock.js';
import { emptyUsage } from '../core/token-usage.js';
import type { RatedPart } from './rate-parts.js';
import type { AttemptOutcome, AttemptRecord } from './settlement.js';
import { UsageTap, type MeasuredUsage } from './usage-tap.js';

/** Who is tried, and at which prices; a ticket's candidate has all of it. */
export interface MeteredCandidate {
  model: { id: string; contextWindow: number };
  deployment: { id: string; upstreamModel: string; provider: { id: string } };
  /** What the customer pays when this candidate serves. */
  listPrices: PriceSheet;
  /** What its provider takes from us. */
  costPrices: PriceSheet;
}

/** How a candidate is asked. */
export interface MadeAttempt {
  /** Bytes of what it is asked, for an estimate where the vendor reports no input; absent: the caller's own body. */
  bodyBytes?: number | undefined;
  /** UUID of the credential; absent: the provider needs none. */
  credentialId?: string | undefined;
}

/** Follows one upstream call of a client's call: what it used, and how it ended. */
export class AttemptMeter {
  readonly tap = new UsageTap();
  /** The request has been written to the upstream. */
  dispatched = false;
  /** HTTP status of the upstream; absent before it answered. */
  upstreamStatus: number | undefined;
  private readonly startedAt = monotonicMs();
  private firstOutputAt: number | undefined;
  private end: { outcome: AttemptOutcome; errorType: string | undefined; durationMs: number } | undefined;

  constructor(
    readonly candidate: MeteredCandidate,
    private readonly made: {
      /** Input tokens that it is taken for where the vendor reports none. */
      likelyInput: number;
      credentialId?: string | undefined;
    },
  ) {}

  /** UUID; absent: the provider needs none. */
  get credentialId(): string | undefined {
    return this.made.credentialId;
  }

  /** Its answer went to the caller in full, or took part in it. */
  served(): void {
    this.close('served', undefined);
  }

  /** It gave no answer; another attempt may follow. `errorType`: as the request row names faults. */
  failed(errorType: string): void {
    this.close('failed', errorType);
  }

  /** Output has come; the first time counts. */
  noteOutput(): void {
    if (this.firstOutputAt === undefined && this.tap.started) this.firstOutputAt = monotonicMs();
  }

  /** Milliseconds from its start to the first output of a stream; absent before there was any. */
  get firstOutputMs(): number | undefined {
    return this.firstOutputAt === undefined ? undefined : this.firstOutputAt - this.startedAt;
  }

  /** Milliseconds that it took, or has taken so far. */
  get durationMs(): number {
    return this.end?.durationMs ?? this.elapsedMs();
  }

  /** How it ended: as it was told, else as the whole call ended. */
  outcomeWithin(call: AttemptOutcome): AttemptOutcome {
    return this.end?.outcome ?? call;
  }

  /**
   * What it used as far as is known, ending like this. A failure before any output used what the vendor had reported by then;
   * nothing that is known where it had reported nothing.
   */
  measure(outcome: AttemptOutcome): MeasuredUsage {
    const isKnown = outcome !== 'failed' || this.tap.started || this.tap.reportedUsage !== undefined;
    if (!this.dispatched || !isKnown) return { usage: emptyUsage(), source: 'none' };
    return this.tap.measure(this.made.likelyInput, outcome === 'served');
  }

  /** A usage of this attempt at its candidate's prices. */
  part({ usage }: MeasuredUsage): RatedPart {
    const { listPrices, costPrices } = this.candidate;
    return { usage, listPrices, costPrices };
  }

  /** Its row, ending like this unless it has ended before. */
  record(outcome: AttemptOutcome, errorType: string | undefined, costNano: bigint): AttemptRecord {
    const { deployment } = this.candidate;
    return {
      deploymentId: deployment.id,
      providerId: deployment.provider.id,
      credentialId: this.made.credentialId,
      upstreamModel: deployment.upstreamModel,
      outcome,
      status: this.upstreamStatus,
      errorType: this.end ? this.end.errorType : errorType,
      upstreamId: this.tap.upstreamId?.slice(0, 200),
      costNano,
      durationMs: this.durationMs,
    };
  }

  private close(outcome: AttemptOutcome, errorType: string | undefined): void {
    this.end ??= { outcome, errorType, durationMs: this.elapsedMs() };
  }

  private elapsedMs(): number {
    return Math.round(monotonicMs() - this.startedAt);
  }
}
