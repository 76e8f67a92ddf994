/** What an exchange needs of the caller it answers: a ServerResponse, or an answer that several callers share. */
export interface CallerSide {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableLength: number;
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** False: wait for `drain` before the next. Bytes: Node encodes a text three times over on its way out. */
  write(bytes: Buffer): boolean;
  end(bytes?: Buffer): unknown;
  destroy(): unknown;
  setTimeout(ms: number, elapsed: () => void): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  off(event: 'close' | 'drain', listener: () => void): unknown;
}
