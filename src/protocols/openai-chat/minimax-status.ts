/** MiniMax's codes for a failure, sent with HTTP 200 (platform.minimax.io/docs/api-reference/errorcode), as HTTP statuses. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [1001, 504],
  [1002, 429],
  [1004, 401],
  [1008, 402],
  [1026, 400],
  [1027, 400],
  [1039, 429],
  [1041, 429],
  [1042, 400],
  [2013, 400],
  [2045, 429],
  [2049, 401],
  [2056, 402],
]);

/** The HTTP status that a `base_resp.status_code` stands for (row 77); 500 for one that is not known. */
export const minimaxStatus = (code: number): number => STATUSES.get(code) ?? 500;
