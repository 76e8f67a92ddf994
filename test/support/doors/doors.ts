import { ADMIN_DOORS } from './admin-doors.js';
import type { DoorWorld } from './door-world.js';
import { FINANCE_DOORS } from './finance-doors.js';

/** A call that a door takes: what stands in its path, and its body. */
export interface PreparedCall {
  path?: Record<string, string>;
  body?: Record<string, unknown>;
  /** The customer's key it is made with; absent: an owner's. */
  secret?: string;
  /** Further values that a field cannot have here, by the field's path: of this customer's currency and things. */
  wrong?: Record<string, unknown[]>;
}

/** Makes what a call needs and says how it is made; every call is made at most once. */
export type Door = (world: DoorWorld) => Promise<PreparedCall> | PreparedCall;

/** Every door that changes something, by its operation in /openapi.json. */
export const DOORS: Readonly<Record<string, Door>> = { ...ADMIN_DOORS, ...FINANCE_DOORS };

/** The URL of an operation with these parameters. */
export const urlOf = (path: string, parameters: Record<string, string> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
