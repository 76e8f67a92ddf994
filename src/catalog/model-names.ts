import type { CatalogModel } from './model.js';

/** Dates that vendors append to a model's name: "-20260101" (Anthropic), "-2026-01-01" (OpenAI). */
const DATE_SUFFIX =
  /-20\d{2}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$/;

const ANTHROPIC_PREFIX = 'anthropic/';

/**
 * Every name a set of models answers to. An id comes before an alias, an alias before a name by rule: Anthropic's
 * own form (statement 5: "claude-opus-4-8" is "anthropic/claude-opus-4.8").
 */
export function indexModelNames(models: readonly CatalogModel[]): Map<string, CatalogModel> {
  const names = new Map<string, CatalogModel>();
  const add = (name: string, model: CatalogModel) => {
    if (!names.has(name)) names.set(name, model);
  };
  for (const model of models) add(model.id, model);
  for (const model of models) for (const alias of model.aliases) add(alias, model);
  for (const model of models) for (const name of anthropicNames(model.id)) add(name, model);
  return names;
}

/** The name without the date at its end, or undefined when it has none (statement 67). */
export function undatedName(name: string): string | undefined {
  return DATE_SUFFIX.test(name) ? name.replace(DATE_SUFFIX, '') : undefined;
}

function anthropicNames(id: string): string[] {
  if (!id.startsWith(ANTHROPIC_PREFIX)) return [];
  const native = id.slice(ANTHROPIC_PREFIX.length);
  const dashed = native.replaceAll('.', '-');
  return [dashed, native, ANTHROPIC_PREFIX + dashed];
}
