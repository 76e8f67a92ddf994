import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';

const INTRODUCTION = `# Settings

<!-- Written from src/platform/config/settings.ts by scripts/write-settings-page.mjs. -->

Every setting is an environment variable. All processes (API, worker, \`faregate\`) read the same ones, and also a file \`.env\` in
the folder they are started in; what the environment sets counts before the file. A missing or wrong value is named, with what needs
it and an example, and nothing starts. An empty value is none. \`npm start\` makes those that are required by itself.
`;

/** docs/settings.md: every setting with its default, what it may be and what needs it. */
export function settingsPage(settings: readonly Setting[] = SETTINGS): string {
  const rows = settings.map(
    (setting) =>
      `| \`${setting.name}\` | ${defaultOf(setting)} | ${valuesOf(setting)} | ${setting.neededBy} |`,
  );
  const head = ['| setting | default | value | what needs it |', '| --- | --- | --- | --- |'];
  return [INTRODUCTION, ...head, ...rows, ''].join('\n');
}

function defaultOf({ fallback, optional }: Setting): string {
  if (fallback !== undefined) return `\`${fallback}\``;
  return optional ? '–' : '**required**';
}

/** What a value may be, then an example where that does not say it. */
function valuesOf({ kind, min = 0, max, words, schemes, example, fallback }: Setting): string {
  if (kind === 'flag') return '`true` or `false`';
  if (kind === 'integer') return max === undefined ? `${min} or more` : `${min} to ${max}`;
  if (words) return words.map((word) => `\`${word}\``).join(', ');
  const form =
    kind === 'secret' ? 'a secret' : (schemes ?? []).map((scheme) => `\`${scheme}://\``).join(' or ');
  const shown = example === fallback ? '' : `such as \`${example}\``;
  return [form, shown].filter((part) => part !== '').join(', ');
}
