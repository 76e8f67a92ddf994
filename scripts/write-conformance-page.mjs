/**
 * Writes docs/conformance.md: which tests prove each numbered statement of the vendors' documents and each row of the
 * protocols' mapping table. A test proves a number by naming it: "statement 13: …", "rows 12 and 14: …".
 *
 * With --check nothing is written; the exit code is 1, with the reasons, when a number is neither proved nor explained
 * or the page is out of date. Without it, explanations of numbers that a test proves by now are taken out as well.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const source = (name) => path.join(root, 'docs/conformance-source', name);
const page = path.join(root, 'docs/conformance.md');
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

const KINDS = [
  { kind: 'statement', heading: 'Statements', groups: readJson(source('statements.json')) },
  { kind: 'row', heading: 'Mapping rows', groups: readJson(source('rows.json')) },
];

/** Test files by their path from the root, in order. */
function testFiles() {
  return ['bench', 'src', 'test']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.posix.join(folder, file.replaceAll('\\', '/')),
      ),
    )
    .filter((file) => /\.(spec|test)\.ts$/.test(file))
    .sort();
}

const NUMBERS = String.raw`\d+(?:(?:, and|,| and| to) \d+)*`;
const NAMED = new RegExp(String.raw`(statement|row)s? (${NUMBERS})`, 'g');
/** A name that begins with what it proves, in any kind of quotes, up to its end or its first placeholder of code. */
const NAME = new RegExp(
  String.raw`(['"${'`'}])((?:statement|row)s? ${NUMBERS}(?:(?:,| and| or) (?:statement|row)s? ${NUMBERS})*:(?:\\.|(?!\1)[^\n\\])*)\1`,
  'g',
);

/** "12, 14 and 20 to 22" → the numbers it stands for. */
function expand(list) {
  const numbers = [];
  for (const part of list.replaceAll(/, and| and/g, ',').split(',')) {
    const [from, to = from] = part.split(' to ').map((text) => Number(text.trim()));
    for (let number = from; number <= to; number += 1) numbers.push(number);
  }
  return numbers;
}

/** Tests by "kind number". */
function findProofs() {
  const proofs = new Map();
  for (const file of testFiles()) {
    for (const [, , name] of readFileSync(path.join(root, file), 'utf8').matchAll(NAME)) {
      const proved = name.slice(0, name.indexOf(':'));
      for (const [, kind, list] of proved.matchAll(NAMED)) {
        for (const number of expand(list)) {
          const key = `${kind} ${number}`;
          proofs.set(key, [...(proofs.get(key) ?? []), { file, name: name.replaceAll(/\\(.)/g, '$1') }]);
        }
      }
    }
  }
  return proofs;
}

const keyOf = ({ kind, number }) => `${kind} ${number}`;

function proofLines(tests) {
  const files = [...new Set(tests.map(({ file }) => file))];
  return files.flatMap((file) => {
    const names = [...new Set(tests.filter((test) => test.file === file).map(({ name }) => name))];
    return [`- \`${file}\``, ...names.map((name) => `  - ${name.replaceAll(/([*_<>|])/g, '\\$1')}`)];
  });
}

function itemLines(kind, item, { proofs, explained }) {
  const key = keyOf({ kind, number: item.number });
  const title = item.title === undefined ? '' : ` ${item.title}`;
  const lines = [`**${kind[0].toUpperCase()}${kind.slice(1)} ${item.number}.**${title}`, '', item.text, ''];
  const tests = proofs.get(key);
  const entry = explained.get(key);
  if (tests) lines.push(...proofLines(tests), '');
  else if (entry) lines.push(`Not proved by a test: ${entry.reason} Instead: ${entry.instead}`, '');
  return lines;
}

function pageText(found) {
  const { proofs, explained } = found;
  const lines = [
    '# Conformance',
    '',
    '<!-- Written by scripts/write-conformance-page.mjs from the names of the tests: `npm run conformance`. -->',
    '',
    'What each statement of the three vendors whose behaviour is reproduced, and each row of the table by which the',
    'four wire languages are mapped to each other, is proved by. C is Chat Completions, R Responses, A Anthropic',
    'Messages, G Gemini.',
    '',
  ];
  for (const { kind, heading, groups } of KINDS) {
    const items = groups.flatMap((group) => group.items);
    const proved = items.filter((item) => proofs.has(keyOf({ kind, number: item.number }))).length;
    lines.push(`- ${heading}: ${items.length}, of which ${proved} are proved by a test of their number`);
  }
  lines.push(`- Explained instead: ${explained.size}`, '');
  for (const { kind, heading, groups } of KINDS) {
    lines.push(`## ${heading}`, '');
    for (const group of groups) {
      lines.push(`### ${group.title}`, '');
      for (const item of group.items) lines.push(...itemLines(kind, item, found));
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const isCheck = process.argv.includes('--check');
const proofs = findProofs();
const entries = readJson(source('explained.json'));
const known = new Set(
  KINDS.flatMap(({ kind, groups }) =>
    groups.flatMap((group) => group.items.map(({ number }) => keyOf({ kind, number }))),
  ),
);
const superfluous = entries.filter((entry) => proofs.has(keyOf(entry)));
const kept = entries.filter((entry) => !proofs.has(keyOf(entry)));
const explained = new Map(kept.map((entry) => [keyOf(entry), entry]));

const problems = [
  ...[...known]
    .filter((key) => !proofs.has(key) && !explained.has(key))
    .map((key) => `${key}: no test, no explanation`),
  ...[...proofs.keys()].filter((key) => !known.has(key)).map((key) => `${key}: there is no such number`),
];
const text = pageText({ proofs, explained });
if (isCheck) {
  problems.push(...superfluous.map((entry) => `${keyOf(entry)}: explained although a test proves it`));
  if (readFileSync(page, { encoding: 'utf8', flag: 'a+' }) !== text) {
    problems.push('docs/conformance.md is out of date: npm run conformance');
  }
} else {
  writeFileSync(page, text);
  if (superfluous.length > 0) writeFileSync(source('explained.json'), `${JSON.stringify(kept, null, 2)}\n`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
