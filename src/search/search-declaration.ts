import { invalidRequest } from '../core/errors.js';
import { asObject, type JsonObject } from '../core/json.js';
import type { CacheControl, ToolDefinition } from '../protocols/completion.js';
import { readDomain } from './search-domain.js';
import {
  DEFAULT_SEARCH,
  SEARCH_LANGUAGES,
  SEARCH_LIMITS,
  type ExcerptOptions,
  type SearchOptions,
  type TimeRange,
} from './search-options.js';

/** Type and, on Messages, name of the gateway's own search tool. */
export const SEARCH_TOOL = 'octen_search';

/** `octen_search` as a request declares it. */
export interface SearchDeclaration {
  options: SearchOptions;
  /** Path of the declaration in the body: "tools.1". */
  path: string;
  /** Parameters, by their wire names, that the declaration sets. */
  given: string[];
}

const RANGES: Record<string, TimeRange> = {
  day: 'day',
  d: 'day',
  week: 'week',
  w: 'week',
  month: 'month',
  m: 'month',
  year: 'year',
  y: 'year',
};

/** RFC 3339 or a bare date. */
const ISO_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * The search tool among a request's tools; undefined when it is not declared. Checks every parameter against its
 * documented bounds (statement 58). Throws invalid_request naming the field.
 */
export function findSearch(tools: readonly ToolDefinition[] | undefined): SearchDeclaration | undefined {
  const all = tools ?? [];
  const index = all.findIndex(isSearchTool);
  if (index === -1) return undefined;
  const path = `tools.${index}`;
  const second = all.findIndex((tool, at) => at > index && isSearchTool(tool));
  if (second !== -1)
    throw invalidRequest(`tools.${second}: ${SEARCH_TOOL} is declared twice`, `tools.${second}`);
  const clash = all.findIndex((tool) => tool.kind === 'function' && tool.name === SEARCH_TOOL);
  if (clash !== -1) {
    throw invalidRequest(
      `tools.${clash}: a function cannot be called ${SEARCH_TOOL} beside the tool`,
      `tools.${clash}`,
    );
  }
  const tool = all[index] as Extract<ToolDefinition, { kind: 'server' }>;
  const parameters = new Fields(tool.raw, 'parameters', path);
  return { options: readOptions(parameters), path, given: parameters.names };
}

export const isSearchTool = (tool: ToolDefinition): boolean =>
  tool.kind === 'server' && tool.raw['type'] === SEARCH_TOOL;

/** The cache breakpoint on the declaration, as far as the gateway can read one. */
export function cacheControlOf(tool: ToolDefinition): CacheControl | undefined {
  if (tool.kind !== 'server') return tool.cacheControl;
  const raw = asObject(tool.raw['cache_control']);
  if (!raw) return undefined;
  return raw['ttl'] === '1h' || raw['ttl'] === '5m' ? { ttl: raw['ttl'] } : {};
}

function readOptions(fields: Fields): SearchOptions {
  const limits = SEARCH_LIMITS;
  const range = fields.word('time_range', Object.keys(RANGES));
  const startTime = fields.time('start_time');
  const endTime = fields.time('end_time');
  if (startTime !== undefined && endTime !== undefined && Date.parse(startTime) > Date.parse(endTime))
    fields.refuse('end_time', 'must not lie before start_time');
  return {
    maxSearches: fields.count('max_searches', limits.maxSearches) ?? DEFAULT_SEARCH.maxSearches,
    count: fields.count('count', limits.count) ?? DEFAULT_SEARCH.count,
    includeDomains: fields.domains('include_domains'),
    excludeDomains: fields.domains('exclude_domains'),
    includeText: fields.texts('include_text', limits.texts),
    excludeText: fields.texts('exclude_text', limits.texts),
    timeBasis: fields.word('time_basis', ['auto', 'published', 'crawled']) ?? DEFAULT_SEARCH.timeBasis,
    ...(range === undefined ? {} : { timeRange: RANGES[range] }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(endTime === undefined ? {} : { endTime }),
    language: fields.words('language', SEARCH_LANGUAGES),
    highlight: readExcerpt(fields, 'highlight', DEFAULT_SEARCH.highlight, limits.highlightTokens),
    fullContent: readExcerpt(fields, 'full_content', DEFAULT_SEARCH.fullContent, limits.fullContentTokens),
    format: fields.word('format', ['text', 'markdown']) ?? DEFAULT_SEARCH.format,
    safesearch: fields.word('safesearch', ['strict', 'off']) ?? DEFAULT_SEARCH.safesearch,
    includeImages: fields.flag('include_images') ?? DEFAULT_SEARCH.includeImages,
  };
}

function readExcerpt(
  fields: Fields,
  name: string,
  fallback: ExcerptOptions,
  range: { min: number; max: number },
): ExcerptOptions {
  const own = new Fields(fields.object, name, fields.path);
  return {
    enable: own.flag('enable') ?? fallback.enable,
    maxTokens: own.count('max_tokens', range) ?? fallback.maxTokens,
  };
}

/** The members of one object of the declaration; `null` counts as absent, unknown members are left alone. */
class Fields {
  readonly object: JsonObject;
  readonly path: string;

  constructor(parent: JsonObject, name: string, parentPath: string) {
    this.path = `${parentPath}.${name}`;
    const given = parent[name] ?? {};
    this.object = asObject(given) ?? this.refuse('', 'must be an object');
  }

  /** Members that are set. */
  get names(): string[] {
    return Object.keys(this.object).filter((name) => (this.object[name] ?? undefined) !== undefined);
  }

  refuse(name: string, why: string): never {
    const field = name === '' ? this.path : `${this.path}.${name}`;
    throw invalidRequest(`${field} ${why}`, field);
  }

  flag(name: string): boolean | undefined {
    const value = this.object[name] ?? undefined;
    return value === undefined || typeof value === 'boolean'
      ? value
      : this.refuse(name, 'must be true or false');
  }

  count(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const value = this.object[name] ?? undefined;
    if (value === undefined) return undefined;
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return fits ? value : this.refuse(name, `must be a whole number from ${min} to ${max}`);
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.object[name] ?? undefined;
    if (value === undefined) return undefined;
    return words.find((word) => word === value) ?? this.refuse(name, `must be one of ${words.join(', ')}`);
  }

  words<Word extends string>(name: string, words: readonly Word[]): Word[] {
    const list = this.texts(name, { items: words.length, chars: 60 });
    return list.map(
      (text, index) =>
        words.find((word) => word === text) ??
        this.refuse(`${name}.${index}`, `must be one of ${words.join(', ')}`),
    );
  }

  texts(name: string, limits: { items: number; chars: number }): string[] {
    const value = this.object[name] ?? [];
    if (!Array.isArray(value)) return this.refuse(name, 'must be a list of strings');
    if (value.length > limits.items) return this.refuse(name, `must have at most ${limits.items} items`);
    return value.map((item, index) => {
      if (typeof item !== 'string' || item.trim() === '')
        return this.refuse(`${name}.${index}`, 'must be a string that is not empty');
      if (item.length > limits.chars)
        return this.refuse(`${name}.${index}`, `must have at most ${limits.chars} characters`);
      return item;
    });
  }

  domains(name: string): string[] {
    return this.texts(name, SEARCH_LIMITS.domains).map(
      (text, index) =>
        readDomain(text) ?? this.refuse(`${name}.${index}`, 'must be a domain such as "example.com"'),
    );
  }

  time(name: string): string | undefined {
    const value = this.object[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'string' && ISO_TIME.test(value) && !Number.isNaN(Date.parse(value))) return value;
    return this.refuse(name, 'must be an ISO 8601 time such as "2026-01-31T00:00:00Z"');
  }
}
