/** How full a process is when a call comes in. */
export interface Occupancy {
  /** Calls inside, this one not counted. */
  running: number;
  /** Those of the caller's organization among them. */
  ofTenant: number;
  /** Organizations with calls inside. */
  tenants: number;
  /** The most calls the process takes. */
  capacity: number;
}

/**
 * Whether one more call may come in. The first half of the capacity is anybody's; in the second an organization gets no
 * further than an equal share, one share being kept for whoever comes next. So nobody takes all of it, and a newcomer
 * finds room.
 */
export function mayEnter({ running, ofTenant, tenants, capacity }: Occupancy): boolean {
  if (running >= capacity) return false;
  if (running < Math.ceil(capacity / 2)) return true;
  const sharing = ofTenant === 0 ? tenants + 1 : tenants;
  return ofTenant < capacity / (sharing + 1);
}
