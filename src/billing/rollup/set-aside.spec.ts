import { SetAside } from './set-aside.js';

const filled = (wallets: number, events: number): SetAside => {
  const aside = new SetAside();
  for (let wallet = 0; wallet < wallets; wallet++)
    for (let event = 0; event < events; event++)
      aside.add({ id: `event ${wallet}.${event}`, walletId: `wallet ${wallet}` });
  return aside;
};

describe('events that cannot be posted', () => {
  it('are left alone one by one, and with their whole wallet once it has ten of them', () => {
    const aside = filled(1, 9);
    expect([aside.walletIds, aside.eventIds.length]).toEqual([[], 9]);
    expect(aside.add({ id: 'event 0.9', walletId: 'wallet 0' })).toBe(true);
    expect([aside.walletIds, aside.eventIds]).toEqual([['wallet 0'], []]);
  });

  it('of more than a hundred wallets are a fault of the whole, and then none is left alone', () => {
    const aside = filled(100, 1);
    expect(aside.eventIds).toHaveLength(100);
    expect(aside.add({ id: 'one more', walletId: 'another' })).toBe(false);
    expect([aside.walletIds, aside.eventIds]).toEqual([[], []]);
  });

  it('are tried again after five minutes', () => {
    const aside = new SetAside();
    aside.retry(0);
    aside.add({ id: 'event', walletId: 'wallet' });
    aside.retry(299_999);
    expect(aside.eventIds).toEqual(['event']);
    aside.retry(300_000);
    expect(aside.eventIds).toEqual([]);
  });
});
