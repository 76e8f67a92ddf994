/** Medians and quantiles; every function ignores what was not measured (null, undefined, NaN). */

const measured = (values) => values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);

/** The value below which `share` (0–1) of `values` lie, by nearest rank; null when there are none. */
export function quantile(values, share) {
  const sorted = measured(values);
  if (sorted.length === 0) return null;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** The middle value, or the mean of the two middle ones; null when there are none. */
export function median(values) {
  const sorted = measured(values);
  if (sorted.length === 0) return null;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Smallest and largest; null when there are none. */
export function range(values) {
  const sorted = measured(values);
  return sorted.length === 0 ? null : [sorted[0], sorted[sorted.length - 1]];
}

/** A new array with the same items in random order. */
export function shuffled(items) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
