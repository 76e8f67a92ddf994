/** Names of web sites, as search parameters and results have them. */

/**
 * A domain as it is compared: lower case, without a trailing dot, a leading "www." or "*.", and in the ASCII form
 * of international names. Undefined when the text is not a domain: a URL, a path, an address with a port.
 */
export function readDomain(text: string): string | undefined {
  const bare = text.trim().replace(/^\*\./, '').replace(/\.$/, '');
  if (bare === '' || /[\s/:@?#[\]\\%]/.test(bare)) return undefined;
  const url = `http://${bare}/`;
  if (!URL.canParse(url)) return undefined;
  const host = new URL(url).hostname;
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host) ? host.replace(/^www\.(?=.+\.)/, '') : undefined;
}

/** The domain of a page; undefined when the text is no http(s) URL. */
export function domainOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? readDomain(hostname) : undefined;
}

/** Whether `domain` is one of `domains` or lies below one of them. */
export const isWithin = (domain: string, domains: readonly string[]): boolean =>
  domains.some((parent) => domain === parent || domain.endsWith(`.${parent}`));
