/** An environment variable the product reads. */
export interface Setting {
  name: string;
  kind: 'text' | 'integer' | 'secret' | 'url' | 'flag';
  /** What needs it, for the message when it is missing or wrong. */
  neededBy: string;
  example: string;
  /** Used when the variable is unset; a setting without default and without `optional` is required. */
  fallback?: string;
  optional?: boolean;
  min?: number;
  max?: number;
  /** What a URL may begin with, before its `://`; absent: anything. */
  schemes?: readonly string[];
  /** The only values a text may have. */
  words?: readonly string[];
}
