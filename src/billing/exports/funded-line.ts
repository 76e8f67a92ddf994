/** What one row of the usage report says: one event, one token class, one source of money. */

export type Granularity = 'request' | 'day' | 'month';
export type FundingKind = 'prepaid_paid' | 'prepaid_promo' | 'postpaid' | 'absorbed';

/** A line of a usage event with all that the report says of it. Amounts of a reversal are negative. */
export interface UsageLine {
  /** UUIDs. `eventId` and `requestId` are empty in a row that sums up many events. */
  eventId: string;
  requestId: string;
  kind: 'usage' | 'reversal';
  reversesId?: string | undefined;
  occurredAt: Date;
  recordedAt: Date;
  periodStart: Date;
  periodEnd: Date;
  organizationId: string;
  organizationName: string;
  billingAccountId?: string | undefined;
  projectId: string;
  projectName: string;
  costCenter?: string | undefined;
  tagsJson: string;
  keyId: string;
  keyName: string;
  endUser?: string | undefined;
  provider: string;
  modelRequested?: string | undefined;
  model: string;
  region?: string | undefined;
  tokenClass: string;
  priceVersionId: string;
  quantity: bigint;
  unitPricePico: bigint;
  /** The public price of the same call; equals unitPricePico where there is no contract price. */
  listUnitPricePico: bigint;
  /** What the customer pays. */
  amountNano: bigint;
  currency: string;
  costNano: bigint;
  costCurrency: string;
  estimated?: boolean | undefined;
  httpStatus?: number | undefined;
  streamed?: boolean | undefined;
}

/** A line, or its part that one source of money paid. `funding` absent: not yet posted. */
export interface FundedLine extends UsageLine {
  funding?: FundingKind | undefined;
}

/** Where a line lies in its event, and who paid the event. All in nano, none negative, also for reversals. */
export interface EventFunding {
  /** False while the event waits for the rollup. */
  posted: boolean;
  /** What the customer pays for the whole event. */
  chargedNano: bigint;
  /** Of it, from promo credit (the first part) and from no credit (the last part). */
  promoNano: bigint;
  postpaidNano: bigint;
  /** What the lines before this one charge. */
  beforeNano: bigint;
  /** Of this line, what the house bears. */
  absorbedNano: bigint;
}

/**
 * Cuts a line where its money changes. Amounts add up to the line's exactly; quantity and cost are divided in
 * proportion, in whole units, and add up too.
 */
export function splitByFunding(line: UsageLine, event: EventFunding): FundedLine[] {
  const sign = line.kind === 'reversal' ? -1n : 1n;
  const chargedNano = line.amountNano * sign;
  const parts = [
    ...fundedParts(chargedNano, event),
    { funding: 'absorbed' as const, nano: event.absorbedNano },
  ];
  const used = parts.filter((part) => part.nano > 0n);
  if (used.length <= 1) {
    const [only] = used;
    return [{ ...line, funding: only?.funding ?? (event.posted ? 'prepaid_paid' : undefined) }];
  }
  const quantities = shares(line.quantity * sign, used);
  const costs = shares(line.costNano * sign, used);
  return used.map(({ funding, nano }, index) => ({
    ...line,
    funding,
    amountNano: funding === 'absorbed' ? 0n : nano * sign,
    quantity: (quantities[index] ?? 0n) * sign,
    costNano: (costs[index] ?? 0n) * sign,
  }));
}

interface Part {
  funding: FundingKind | undefined;
  nano: bigint;
}

/** How far the event's promo, paid and postpaid stretches reach into this line. */
function fundedParts(chargedNano: bigint, event: EventFunding): Part[] {
  if (!event.posted) return [{ funding: undefined, nano: chargedNano }];
  const start = event.beforeNano;
  const end = start + chargedNano;
  const overlap = (from: bigint, to: bigint): bigint => {
    const length = (to < end ? to : end) - (from > start ? from : start);
    return length > 0n ? length : 0n;
  };
  const postpaidFrom = event.chargedNano - event.postpaidNano;
  return [
    { funding: 'prepaid_promo', nano: overlap(0n, event.promoNano) },
    { funding: 'prepaid_paid', nano: overlap(event.promoNano, postpaidFrom) },
    { funding: 'postpaid', nano: overlap(postpaidFrom, event.chargedNano) },
  ];
}

/** Divides a whole amount in the proportion of the parts; the shares add up to it. */
function shares(total: bigint, parts: readonly Part[]): bigint[] {
  const whole = parts.reduce((sum, { nano }) => sum + nano, 0n);
  let seen = 0n;
  let given = 0n;
  return parts.map(({ nano }) => {
    seen += nano;
    const share = (total * seen) / whole - given;
    given += share;
    return share;
  });
}

/** The UTC day or month an instant lies in, as its first instant. */
export function startOf(granularity: 'day' | 'month', at: Date): Date {
  const day = granularity === 'day' ? at.getUTCDate() : 1;
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), day));
}

const GROUP_KEY = [
  'kind',
  'periodStart',
  'organizationId',
  'projectId',
  'keyId',
  'provider',
  'model',
  'region',
  'tokenClass',
  'priceVersionId',
  'listUnitPricePico',
  'currency',
  'costCurrency',
  'funding',
] as const satisfies readonly (keyof FundedLine)[];

/** Sums up lines of one day or month, in the order in which the groups first appear. */
export class LineSum {
  private groups = new Map<string, FundedLine>();
  private start: Date | undefined;

  constructor(private readonly granularity: 'day' | 'month') {}

  /** Adds a line; returns the finished rows of the span before when the line begins a new one. */
  add(line: FundedLine): FundedLine[] {
    const start = startOf(this.granularity, line.recordedAt);
    const finished = this.start?.getTime() === start.getTime() ? [] : this.finish();
    this.start = start;
    const key = GROUP_KEY.map((name) =>
      String(line[name] instanceof Date ? line[name].getTime() : line[name]),
    ).join('|');
    const group = this.groups.get(key);
    if (group) {
      group.quantity += line.quantity;
      group.amountNano += line.amountNano;
      group.costNano += line.costNano;
    } else {
      this.groups.set(key, { ...line, eventId: '', requestId: '', recordedAt: start });
    }
    return finished;
  }

  /** The rows of the span that is still open. */
  finish(): FundedLine[] {
    const rows = [...this.groups.values()];
    this.groups = new Map();
    return rows;
  }
}
