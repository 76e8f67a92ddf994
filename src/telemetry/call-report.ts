/** One upstream call of a finished call, as telemetry tells of it. */
export interface ReportedAttempt {
  /** Canonical model id. */
  model: string;
  /** Slug. */
  provider: string;
  upstreamModel: string;
  /** `served`, `failed`, `aborted` or `unknown`. */
  outcome: string;
  /** HTTP status of the upstream; absent: it never answered. */
  status?: number | undefined;
  errorType?: string | undefined;
  upstreamId?: string | undefined;
  durationMs: number;
}

/** Tokens by class, disjoint but for `reasoning`, which is part of `output`. Absent: not reported. */
export interface ReportedTokens {
  input?: number | undefined;
  cacheRead?: number | undefined;
  cacheWrite5m?: number | undefined;
  cacheWrite1h?: number | undefined;
  output?: number | undefined;
  reasoning?: number | undefined;
}

/** What is known of a call when it begins. */
export interface BeginOfCall {
  /** Path template. */
  route: string;
  /** Name of the caller's protocol. */
  protocol: string;
  /** Epoch milliseconds. */
  startedAtMs: number;
}

/** A call that was let in and has ended, without any of its words: no prompt, no answer, no secret. */
export interface CallReport extends BeginOfCall {
  /** Public ids. */
  requestId: string;
  keyId: string;
  organizationId: string;
  streamed: boolean;
  /** Canonical id of the model that served, or was tried last. */
  model: string;
  /** Slug. */
  provider: string;
  /** `completed`, `aborted`, `failed` or `unknown`. */
  outcome: string;
  /** Status the caller saw; absent: gone before one was sent. */
  status?: number | undefined;
  errorType?: string | undefined;
  finishReason?: string | undefined;
  tokens: ReportedTokens;
  searches: number;
  /** What the call costs the customer, before the house bears what the balance cannot; 0 when nothing is charged. */
  chargedNano: bigint;
  /** What the providers take from us for it, failed attempts included. */
  costNano: bigint;
  /** ISO 4217 code of both. */
  currency: string;
  /** Milliseconds to the first output; absent: there was none, or the answer came in one piece. */
  firstTokenMs?: number | undefined;
  durationMs: number;
  attempts: readonly ReportedAttempt[];
  /** The model that answered is not the one that was asked for. */
  fellBack: boolean;
}

/** A call that was refused before any money was held. */
export interface RefusalReport {
  requestId: string;
  /** Absent: nobody is known to have called. */
  keyId?: string | undefined;
  organizationId?: string | undefined;
  route: string;
  status: number;
  /** Kind of the error. */
  kind: string;
  /** Its code, where one says more; for the log, never a label. */
  code?: string | undefined;
}

/** A call that got the answer of an earlier one under its Idempotency-Key: nothing was held or charged for it. */
export interface ReplayReport {
  /** Public ids. */
  requestId: string;
  keyId: string;
  organizationId: string;
  route: string;
  /** The call whose answer it got; absent: its caller was never told an id. */
  original?: string | undefined;
  /** Status the caller saw. */
  status: number;
}

const text = (value: string | undefined): string => (value === undefined ? 'null' : JSON.stringify(value));
const figure = (value: number | undefined): string => (value === undefined ? 'null' : String(value));

/**
 * The access log's line of a finished call: JSON members without braces, written by hand because a general serialiser
 * takes ten times as long. Amounts are nano of the currency, in digits.
 */
export function callLine(report: CallReport): string {
  const { tokens } = report;
  return (
    `"msg":"call","request":"${report.requestId}","key":"${report.keyId}","organization":"${report.organizationId}",` +
    `"protocol":"${report.protocol}","streamed":${report.streamed},"model":${text(report.model)},` +
    `"provider":${text(report.provider)},"outcome":"${report.outcome}","status":${figure(report.status)},` +
    `"error":${text(report.errorType)},"input_tokens":${figure(tokens.input)},` +
    `"cache_read_tokens":${figure(tokens.cacheRead)},"output_tokens":${figure(tokens.output)},` +
    `"charged_nano":"${report.chargedNano}","cost_nano":"${report.costNano}","currency":"${report.currency}",` +
    `"first_token_ms":${figure(report.firstTokenMs)},"duration_ms":${figure(report.durationMs)},` +
    `"attempts":${report.attempts.length}`
  );
}

/** The access log's line of a refused call, as above. */
export function refusalLine(report: RefusalReport): string {
  return (
    `"msg":"call","request":"${report.requestId}","key":${text(report.keyId)},` +
    `"organization":${text(report.organizationId)},"route":"${report.route}","outcome":"refused",` +
    `"status":${report.status},"error":${text(report.code ?? report.kind)}`
  );
}

/** The access log's line of a call that was answered with an earlier one's answer, as above. */
export function replayLine(report: ReplayReport): string {
  return (
    `"msg":"call","request":"${report.requestId}","key":"${report.keyId}","organization":"${report.organizationId}",` +
    `"route":"${report.route}","outcome":"replayed","status":${report.status},"original":${text(report.original)},` +
    `"charged_nano":"0"`
  );
}
