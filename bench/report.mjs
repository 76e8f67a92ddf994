/** The report: a markdown page on stdout and every figure in bench/results/latest.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { comparisons } from './comparisons.mjs';
import { repositoryRoot } from './processes.mjs';
import { median, range } from './stats.mjs';
import { judgeTargets } from './targets.mjs';

const RESULTS = path.join(repositoryRoot, 'bench/results');

/**
 * @param {{options: ReturnType<import('./options.mjs').readOptions>, samples: object[],
 *   machine: object, notes: Record<string, string>, seconds: number}} run
 * @returns {number} the exit code: 1 when an answer was wrong, the books are, or a gate was asked for and missed
 */
export function writeReport(run) {
  const { options, samples, notes } = run;
  const targets = judgeTargets(samples);
  const failed = samples.filter((sample) => sample.failures > 0);
  const page = [
    '# Faregate bench',
    '',
    ...describeRun(run),
    ...targetTable(targets),
    ...options.lanes.flatMap((lane) => laneTable(lane, samples)),
    ...failureList(failed),
  ].join('\n');
  mkdirSync(RESULTS, { recursive: true });
  const lanes = options.lanes.map((lane) => laneFigures(lane, samples));
  const result = { at: new Date().toISOString(), ...run, targets, lanes };
  writeFileSync(path.join(RESULTS, 'latest.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(path.join(RESULTS, 'latest.md'), `${page}\n`);
  console.log(page);
  const gateMissed = options.gate && targets.some((target) => target.verdict === 'missed');
  const booksWrong = notes.audit !== undefined && notes.audit !== 'clean';
  return failed.length > 0 || booksWrong || gateMissed ? 1 : 0;
}

function describeRun({ options, samples, machine, notes, seconds }) {
  const foreign = samples.map((sample) => sample.foreignCores);
  return [
    `${machine.cpu}, ${machine.system}, Node ${machine.node}, ${machine.pinned ? 'pinned to cores' : 'NOT pinned'}. ` +
      `${options.rounds} rounds, windows of ${options.windowSeconds} s, ${options.connections} connections, ` +
      `${seconds} s in all.`,
    `Other programs took ${number(median(foreign), 2)} cores in the middle, ${number(range(foreign)?.[1], 2)} at most. ` +
      'Figures are medians over the rounds; ratios are to `bare` of the same round; `bare2` is the same program ' +
      'again, so its ratio is the noise.',
    ...Object.entries(notes).map(([name, value]) => `${name}: ${value}.`),
    '',
  ];
}

function targetTable(targets) {
  if (targets.length === 0) return [];
  const rows = targets.map(({ lane, what, value, limit, goal, verdict }) => [
    lane,
    what,
    number(value, 2),
    limit,
    goal,
    verdict === 'missed' || verdict === 'disturbed' ? `**${verdict}**` : verdict,
  ]);
  return ['## Targets', '', ...table(['lane', 'what', 'now', 'limit', 'goal', 'verdict'], rows)];
}

function laneFigures(lane, samples) {
  const columns = lane.columns.map(({ key }) => [
    key,
    Object.fromEntries(comparisons(samples, lane.name, key)),
  ]);
  return { lane: lane.name, figures: Object.fromEntries(columns) };
}

function laneTable(lane, samples) {
  const ofLane = samples.filter((sample) => sample.lane === lane.name);
  const heading = [`## ${lane.name}: ${lane.title}`, ''];
  if (ofLane.length === 0) return [...heading, 'Not measured: no contender of this run takes part.', ''];
  const variants = [...new Set(ofLane.map((sample) => sample.variant))].sort(inUsualOrder);
  const cells = lane.columns.map((column) =>
    columnCells(column, comparisons(samples, lane.name, column.key)),
  );
  const rows = variants.map((variant) => [variant, ...cells.flatMap(({ cellsOf }) => cellsOf(variant))]);
  return [...heading, ...table(['contender', ...cells.flatMap(({ titles }) => titles)], rows)];
}

/** The titles of a column with its comparisons, and its cells for a variant. */
function columnCells({ title, digits, compare }, compared) {
  if (compare === 'ratio') {
    return {
      titles: [title, '÷ bare', 'min–max'],
      cellsOf: (variant) => {
        const { absolute, ratio, ratioRange } = compared.get(variant);
        const span = ratioRange === null ? '–' : ratioRange.map((value) => number(value, 2)).join('–');
        return [number(absolute, digits), number(ratio, 2), span];
      },
    };
  }
  if (compare === 'verbatim') {
    return {
      titles: [title, '÷ verbatim', 'over verbatim'],
      cellsOf: (variant) => {
        const { absolute, ofVerbatim, overVerbatim } = compared.get(variant);
        return [number(absolute, digits), number(ofVerbatim, 2), number(overVerbatim, digits)];
      },
    };
  }
  if (compare === 'added') {
    return {
      titles: [title, 'over direct', 'over bare'],
      cellsOf: (variant) => {
        const { absolute, added, overBare } = compared.get(variant);
        return [absolute, added, overBare].map((value) => number(value, digits));
      },
    };
  }
  return { titles: [title], cellsOf: (variant) => [number(compared.get(variant).absolute, digits)] };
}

function failureList(failed) {
  if (failed.length === 0)
    return ['Every answer was verified: status, nonce, order and number of chunks, end.'];
  const lines = failed.map(
    ({ lane, variant, round, failures, failureSamples }) =>
      `- ${lane}, ${variant}, round ${round + 1}: ${failures}, such as \`${failureSamples[0]?.replaceAll('\n', ' ')}\``,
  );
  return ['## Wrong answers', '', ...lines];
}

/** Sorts variants as the contenders are always named. */
function inUsualOrder(one, other) {
  const rank = (variant) => ['direct', 'bare', 'bare2', 'faregate'].indexOf(variant.split(' ')[0]);
  return rank(one) - rank(other) || one.localeCompare(other);
}

function table(titles, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line), ''];
}

function number(value, digits) {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
