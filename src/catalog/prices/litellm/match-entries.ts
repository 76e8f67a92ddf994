import { undatedName } from '../../model-names.js';
import type { LitellmEntry, LitellmPrice } from './litellm-prices.js';

/** A model of the catalogue, as far as names go. */
export interface NamedModel {
  id: string;
  aliases: readonly string[];
}

/** Where the names of the file are looked up. */
export interface NameBook {
  resolve: (name: string) => NamedModel | undefined;
  /** The model a provider serves under this name of its own; undefined when no provider was chosen or none is served. */
  served: (name: string) => NamedModel | undefined;
}

/** An entry with the model it prices. */
export interface MatchedEntry {
  modelId: string;
  entry: LitellmEntry;
}

/** What became of the entries of a file. */
export interface Matches {
  matched: MatchedEntry[];
  /** Models that several entries name equally well and price differently. */
  ambiguous: { modelId: string; names: string[] }[];
  /** Names of entries that are no model here. */
  unknown: string[];
}

/**
 * Finds the model of each entry. A name as it stands goes before one without its vendor's prefix, and both before a
 * dated one, because an old snapshot may have had another price. Nothing is guessed: two equal names with different
 * prices price nothing.
 */
export function matchEntries(entries: readonly LitellmEntry[], names: NameBook): Matches {
  const unknown: string[] = [];
  const best = new Map<string, { rank: number; entries: LitellmEntry[] }>();
  for (const entry of entries) {
    const found = findModel(entry, names);
    if (!found) {
      unknown.push(entry.name);
      continue;
    }
    const known = best.get(found.modelId);
    if (!known || found.rank < known.rank) best.set(found.modelId, { rank: found.rank, entries: [entry] });
    else if (found.rank === known.rank) known.entries.push(entry);
  }
  const matches: Matches = { matched: [], ambiguous: [], unknown };
  for (const [modelId, { entries: candidates }] of best) {
    const [first, ...others] = candidates;
    if (!first) continue;
    if (others.every((other) => other.refused.length === 0 && priceText(other) === priceText(first))) {
      matches.matched.push({ modelId, entry: first });
    } else {
      matches.ambiguous.push({ modelId, names: candidates.map(({ name }) => name) });
    }
  }
  return matches;
}

function findModel({ name, vendor }: LitellmEntry, names: NameBook) {
  const slash = name.indexOf('/');
  const forms = slash > 0 ? [name, name.slice(slash + 1)] : [name, `${vendor}/${name}`];
  for (const form of forms) {
    const served = names.served(form);
    if (served) return { modelId: served.id, rank: 0 };
  }
  for (const [index, form] of forms.entries()) {
    const model = names.resolve(form);
    if (!model) continue;
    const isDated = undatedName(form) !== undefined && model.id !== form && !model.aliases.includes(form);
    return { modelId: model.id, rank: 1 + index + (isDated ? 2 : 0) };
  }
  return undefined;
}

const priceText = ({ prices }: LitellmEntry): string =>
  prices
    .map((price: LitellmPrice) => `${price.tokenClass}:${price.tierFrom}:${price.unitPricePico}`)
    .sort()
    .join('|');
