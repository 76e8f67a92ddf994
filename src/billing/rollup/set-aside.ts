/** So many events of one wallet are no odd ones: all of the wallet's are left alone then. */
const MAX_EVENTS = 10;

/** So many wallets with such events are a fault of the whole: nothing is left alone then. */
const MAX_WALLETS = 100;

/** How long events are left alone before they are tried again, in milliseconds: what was wrong may have been mended. */
const RETRY_AFTER_MS = 5 * 60_000;

/** Events that cannot be posted, by wallet, so that they stop nobody else's. */
export class SetAside {
  private readonly byWallet = new Map<string, string[]>();
  private sinceMs = -Infinity;

  /** Adds an event; false when that are too many for it to be the events: then none is left alone any more. */
  add(event: { id: string; walletId: string }): boolean {
    const events = this.byWallet.get(event.walletId) ?? [];
    this.byWallet.set(event.walletId, [...events, event.id]);
    if (this.byWallet.size <= MAX_WALLETS) return true;
    this.byWallet.clear();
    return false;
  }

  /** Forgets everything that was set aside long before `nowMs`, of a clock that only goes forward. */
  retry(nowMs: number): void {
    if (nowMs - this.sinceMs < RETRY_AFTER_MS) return;
    this.sinceMs = nowMs;
    this.byWallet.clear();
  }

  /** UUIDs of wallets of which no event is to be taken. */
  get walletIds(): string[] {
    return [...this.byWallet].filter(([, events]) => events.length >= MAX_EVENTS).map(([id]) => id);
  }

  /** UUIDs of events that are not to be taken, whatever their wallet. */
  get eventIds(): string[] {
    return [...this.byWallet.values()].filter((events) => events.length < MAX_EVENTS).flat();
  }
}
