/** Statuses that switch a channel off where the rule names none, as in New API. */
export const DEFAULT_STATUSES: readonly string[] = ['401'];

/** Words that do, as in New API: each says that the account behind the credential is not usable. */
export const DEFAULT_KEYWORDS: readonly string[] = [
  'Your credit balance is too low',
  'This organization has been disabled.',
  'You exceeded your current quota',
  'Permission denied',
  'The security token included in the request is invalid',
  'Operation not allowed',
  'Your account is not authorized',
];
