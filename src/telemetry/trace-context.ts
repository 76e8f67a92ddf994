/** Where a caller's trace stands, as W3C Trace Context says it. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** 1: the caller records its trace. */
  traceFlags: number;
}

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent` header (W3C Trace Context, level 1, section 3.2). Undefined where there is none or it is
 * not valid: a new trace begins then. Later versions may have more members, version 00 may not.
 */
export function parseTraceParent(header: unknown): TraceParent | undefined {
  const match = typeof header === 'string' ? PATTERN.exec(header.trim()) : null;
  if (!match) return undefined;
  const [, version, traceId = '', spanId = '', flags = '00', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
}

/** The header that tells an upstream of its parent. */
export const traceParentHeader = ({ traceId, spanId, traceFlags }: TraceParent): string =>
  `00-${traceId}-${spanId}-${traceFlags & 1 ? '01' : '00'}`;
