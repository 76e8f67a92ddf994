import type { CatalogCredential } from '../catalog/model.js';

/** What decides among the credentials of a provider. */
export interface CredentialQuestion {
  /** Milliseconds until a credential may be used; 0: now. */
  waitMs: (credential: CatalogCredential) => number;
  /** The one that holds the conversation's prompt cache; absent: none is known. */
  preferredId?: string | undefined;
  /** Those that one upstream call was refused with already; they are not picked again. */
  tried?: ReadonlySet<string> | undefined;
  /** Only one that may be used now; else, where all have to wait, the one that waits least is picked. */
  onlyWell?: boolean | undefined;
}

/**
 * Lets the credentials of a provider take turns by weight (smooth weighted round robin: of weights 5 and 1 every sixth
 * call goes to the second, never five of them in a row to one and then one to the other). Counts for this process.
 */
export class CredentialRotation {
  /** How far each credential is behind its share, in weights. */
  private readonly owed = new Map<string, number>();

  /** Undefined: there is none, or none that `question` admits. */
  pick(
    credentials: readonly CatalogCredential[],
    question: CredentialQuestion,
  ): CatalogCredential | undefined {
    const { waitMs, tried, preferredId } = question;
    const left = credentials.filter(({ id }) => tried?.has(id) !== true);
    if (left.length < 2 && question.onlyWell !== true) return left[0];
    const well = left.filter((one) => waitMs(one) <= 0);
    if (well.length === 0) return question.onlyWell ? undefined : soonest(left, waitMs);
    const preferred = well.find(({ id }) => id === preferredId);
    if (preferred) return preferred;
    const shared = well.filter(({ weight }) => weight > 0);
    return this.next(shared.length > 0 ? shared : well);
  }

  /** Everyone's debt grows by their weight; the one that is owed most is picked, and pays for all. */
  private next(credentials: readonly CatalogCredential[]): CatalogCredential | undefined {
    let picked: CatalogCredential | undefined;
    let total = 0;
    for (const credential of credentials) {
      const weight = Math.max(1, credential.weight);
      total += weight;
      this.owed.set(credential.id, this.owedTo(credential) + weight);
      if (!picked || this.owedTo(credential) > this.owedTo(picked)) picked = credential;
    }
    if (picked) this.owed.set(picked.id, this.owedTo(picked) - total);
    return picked;
  }

  private owedTo({ id }: CatalogCredential): number {
    return this.owed.get(id) ?? 0;
  }
}

const soonest = (
  credentials: readonly CatalogCredential[],
  waitMs: (credential: CatalogCredential) => number,
): CatalogCredential | undefined => [...credentials].sort((a, b) => waitMs(a) - waitMs(b))[0];
