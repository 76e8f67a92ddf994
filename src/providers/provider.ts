import type { ProtocolName } from '../protocols/completion.js';
import type { WireQuirks } from '../protocols/protocol.js';

/**
 * What the gateway knows about one vendor beyond the protocol it speaks. A value, not a class: a newcomer is one
 * small file and one line in the registry.
 */
export interface ProviderAdapter {
  /** As the catalogue names it: "openai", "moonshot". */
  name: string;
  /** Wire languages that the vendor's endpoints speak. */
  protocols: readonly ProtocolName[];
  /** Request headers that carry the credential. */
  authorize(credential: string): Record<string, string>;
  quirks: WireQuirks;
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
