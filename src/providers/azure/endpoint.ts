import type { EndpointQuestion } from '../provider.js';

/** The newest generally available version (learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle). */
const DEFAULT_VERSION = '2024-10-21';

/** Name of the provider header by which an admin chooses another version; it travels in the query. */
export const VERSION_HEADER = 'api-version';

/**
 * Azure's two address forms. A base URL that ends in `/openai/v1` is the versionless API, which has OpenAI's own paths
 * and takes the deployment from the body. Any other names the deployment in the path and the version in the query:
 * `/deployments/NAME/chat/completions?api-version=2024-10-21`; there, Responses has no deployment in its path.
 */
export function azureEndpoint({ path, model, basePath, headers }: EndpointQuestion): string {
  const chosen = headers[VERSION_HEADER];
  if (basePath.endsWith('/openai/v1')) {
    return chosen === undefined ? path : `${path}?api-version=${encodeURIComponent(chosen)}`;
  }
  const version = encodeURIComponent(chosen ?? DEFAULT_VERSION);
  const deployment = path === '/responses' ? '' : `/deployments/${encodeURIComponent(model)}`;
  return `${deployment}${path}?api-version=${version}`;
}
