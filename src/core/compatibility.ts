/** How an organization wants contradicting vendor rules resolved. */
export type CompatibilityProfile = 'standard' | 'octen' | 'octopusx' | 'cortecs';
