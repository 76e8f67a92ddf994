import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { LogLine } from '../platform/logging/log-line.js';
import { CallMetrics } from './call-metrics.service.js';
import {
  callLine,
  refusalLine,
  replayLine,
  type BeginOfCall,
  type CallReport,
  type RefusalReport,
  type ReplayReport,
} from './call-report.js';
import type { CallTrace } from './call-trace.js';
import { CallTraces } from './call-traces.service.js';

/** Levels at which every call has its line. */
const TALKING = new Set(['trace', 'debug', 'info']);

/** A request of a call that was let in: the error that its caller gets is told with its end. */
type WatchedRequest = IncomingMessage & { isLetIn?: boolean };

/** A call that is being watched. */
export interface ObservedCall {
  /** Absent: nobody collects traces. */
  trace: CallTrace | undefined;
  begin: BeginOfCall;
  /** It has ended; without a report nothing is told of it. */
  end(report: CallReport | undefined): void;
}

/** Hears how every call went and tells whoever watches: the access log, the metrics, the traces. */
@Injectable()
export class CallObserver {
  private readonly log = new Logger('Access');
  private readonly isLogging: boolean;

  constructor(
    private readonly metrics: CallMetrics,
    private readonly traces: CallTraces,
    config: AppConfig,
  ) {
    this.isLogging = TALKING.has(config.logLevel);
  }

  /** A call was let in. */
  begin(request: IncomingMessage, begin: BeginOfCall): ObservedCall {
    (request as WatchedRequest).isLetIn = true;
    const trace = this.traces.begin(request.headers['traceparent'], begin);
    return {
      trace,
      begin,
      end: (report) => {
        if (report === undefined) return;
        this.metrics.ended(report);
        if (this.isLogging) this.log.log(new LogLine(callLine(report)));
        trace?.end(report);
      },
    };
  }

  /** A call is answered with an error; nothing is told of one that was let in. */
  refused(request: IncomingMessage, report: RefusalReport): void {
    if ((request as WatchedRequest).isLetIn) return;
    this.metrics.refused(report);
    if (this.isLogging) this.log.log(new LogLine(refusalLine(report)));
  }

  /** A call got the answer of an earlier one. */
  replayed(report: ReplayReport): void {
    this.metrics.replayed(report);
    if (this.isLogging) this.log.log(new LogLine(replayLine(report)));
  }
}
