/** Bytes that came in parts, in one piece; a single part is not copied. */
export const joinBytes = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
