/** How an organization wants contradicting vendor rules resolved (contract §2.1). */
export type CompatibilityProfile = 'standard' | 'octen' | 'octopusx' | 'cortecs';
