/** Label sets a metric may have; whatever comes after is counted together, so that no catalogue can fill the memory. */
export const MAX_SERIES = 2_000;
const OTHER = 'other';

/** Label values in the order of a metric's label names. */
export type Labels = readonly string[];

/**
 * What is counted under each set of labels. Looking one up costs a string and a map access; Prometheus' own objects are
 * only filled when somebody reads them.
 */
export class SeriesTable<Value> {
  private readonly table = new Map<string, { labels: Labels; value: Value }>();

  constructor(
    private readonly create: (labels: Labels) => Value,
    private readonly limit = MAX_SERIES,
  ) {}

  /** The counters of these labels; of `other` for all of them once there are too many. */
  of(labels: Labels): Value {
    const key = labels.join('\n');
    const known = this.table.get(key);
    if (known) return known.value;
    if (this.table.size < this.limit) return this.add(key, labels);
    const other = labels.map(() => OTHER);
    const otherKey = other.join('\n');
    return this.table.get(otherKey)?.value ?? this.add(otherKey, other);
  }

  all(): Iterable<{ labels: Labels; value: Value }> {
    return this.table.values();
  }

  private add(key: string, labels: Labels): Value {
    const value = this.create(labels);
    this.table.set(key, { labels, value });
    return value;
  }
}
