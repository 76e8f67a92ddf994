/** Vendors keep a prompt cache five minutes from its last use; a conversation is not held on to for longer. */
const KEEP_MS = 300_000;
const MAX_SESSIONS = 50_000;

/** Where a conversation's prompt cache is. Vendors keep one for each account. */
export interface CachePlace {
  deploymentId: string;
  /** Absent: the provider needs no credential. */
  credentialId?: string | undefined;
}

/** Which deployment holds the prompt cache of a conversation, as far as this process served it. */
export class StickySessions {
  /** Oldest use first. */
  private readonly places = new Map<string, CachePlace & { untilMs: number }>();

  /** Undefined: not known, or so long ago that the cache is gone. */
  find(session: string, nowMs: number): CachePlace | undefined {
    const place = this.places.get(session);
    return place !== undefined && nowMs < place.untilMs ? place : undefined;
  }

  /** A deployment served the conversation with its cache read or written. */
  remember(session: string, place: CachePlace, nowMs: number): void {
    this.places.delete(session);
    this.places.set(session, { ...place, untilMs: nowMs + KEEP_MS });
    if (this.places.size <= MAX_SESSIONS) return;
    const [oldest] = this.places.keys();
    if (oldest !== undefined) this.places.delete(oldest);
  }
}

/** A candidate with what a conversation costs there. */
export interface StickyOption<C> {
  candidate: C;
  deploymentId: string;
  priority: number;
  /** Price of an input token that is not in a cache, and of one that is; any unit. */
  inputPrice: number;
  cachedPrice: number;
}

/**
 * Puts the deployment that holds the conversation's cache first, while it is among those that may be called (the list
 * holds no ejected one), no higher priority is, and its cached input is no dearer than the first choice's full price.
 */
export function preferCached<C>(
  options: readonly StickyOption<C>[],
  deploymentId: string | undefined,
): { candidates: C[]; kept: boolean } {
  const candidates = options.map(({ candidate }) => candidate);
  const [first] = options;
  const held = options.find((one) => one.deploymentId === deploymentId);
  if (!first || !held || held.priority < first.priority) return { candidates, kept: false };
  if (held !== first && held.cachedPrice > first.inputPrice) return { candidates, kept: false };
  return {
    candidates: [held.candidate, ...candidates.filter((one) => one !== held.candidate)],
    kept: true,
  };
}
