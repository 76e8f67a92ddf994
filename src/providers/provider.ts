import type { ProtocolName } from '../protocols/completion.js';
import type { WireQuirks } from '../protocols/protocol.js';

/** What an adapter may make an address of. */
export interface EndpointQuestion {
  /** The protocol's own path: "/chat/completions". */
  path: string;
  /** The model's name at the vendor. */
  model: string;
  /** Path of the provider's base URL, without a slash at its end. */
  basePath: string;
  /** Further headers that the admin gave the provider, names in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** Quirks of some of a vendor's models. */
export interface ModelQuirks {
  models: RegExp;
  quirks: WireQuirks;
}

/**
 * What the gateway knows about one vendor beyond the protocol it speaks. A value, not a class: a newcomer is one
 * small file and one line in the registry.
 */
export interface ProviderAdapter {
  /** As the catalogue names it: "openai", "moonshot". */
  name: string;
  /** Wire languages that the vendor's endpoints speak. */
  protocols: readonly ProtocolName[];
  /** Where the vendor is, up to what stands before the protocol's own path; words in capitals are the admin's. */
  baseUrl: string;
  /**
   * Path and query of a call below the base URL, for a vendor whose addresses name the model. Absent: the protocol's
   * own path.
   */
  endpoint?(call: EndpointQuestion): string;
  /** Request headers that carry the credential to an endpoint of the protocol. */
  authorize(credential: string, protocol: ProtocolName): Record<string, string>;
  quirks: WireQuirks;
  /** Further quirks of models by their name at the vendor; every row that matches counts, later ones win. */
  modelQuirks?: readonly ModelQuirks[];
  /**
   * Whether the vendor stops generating, and charging, when the connection of a **streamed** call is cut. False, also
   * when the vendor does not say: an abandoned answer is read to its end so that its true cost is known. A call that
   * is not streamed goes on at every vendor (openrouter.ai/docs/api-reference/streaming).
   */
  stopsBillingOnCancel: boolean;
  /** Whose thinking signatures this vendor takes back. */
  issuer: string;
}

/** The credential as OpenAI and everybody after it takes it (RFC 6750). */
export const bearer = (credential: string): Record<string, string> => ({
  authorization: `Bearer ${credential}`,
});

/** The quirks of one model of a vendor. */
export function quirksOf({ quirks, modelQuirks = [] }: ProviderAdapter, model: string): WireQuirks {
  const matching = modelQuirks.filter(({ models }) => models.test(model));
  return matching.length === 0 ? quirks : Object.assign({}, quirks, ...matching.map((row) => row.quirks));
}
