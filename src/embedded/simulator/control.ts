import { tryParseJson } from '../../core/json.js';
import type { Journal } from './journal.js';
import { jsonReply, type Reply } from './reply.js';
import { parseRules, type Script } from './script.js';

export const CONTROL_PREFIX = '/__control/';

/** The parts that can be controlled from another process. */
export interface Controlled {
  script: Script;
  journal: Journal;
  /** Clears what `DELETE /__control/journal` clears beside the journal. */
  forget: () => void;
}

/**
 * The control endpoint, for tests in other processes: `POST` and `DELETE /__control/rules`,
 * `GET` and `DELETE /__control/journal`. It has no credential: the simulator listens on loopback alone.
 */
export function controlReply(method: string, path: string, text: string, controlled: Controlled): Reply {
  const { script, journal } = controlled;
  switch (`${method} ${path.slice(CONTROL_PREFIX.length)}`) {
    case 'POST rules': {
      const rules = parseRules(tryParseJson(text));
      if (typeof rules === 'string') return jsonReply(400, { error: { message: rules } });
      for (const rule of rules) script.use(rule);
      return jsonReply(200, { added: rules.length });
    }
    case 'DELETE rules':
      script.clear();
      return jsonReply(200, { cleared: true });
    case 'GET journal':
      return jsonReply(200, journal.entries);
    case 'DELETE journal':
      journal.clear();
      controlled.forget();
      return jsonReply(200, { cleared: true });
    default:
      return jsonReply(404, { error: { message: `No such control: ${method} ${path}` } });
  }
}
