// The result as Markdown and JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostKind } from './machine.mjs';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** The load that one client and one server make. */
const BENCHMARK_LOAD = 2;

const mark = (reached) => (reached === null ? '' : reached ? 'yes' : '**no**');
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The report as Markdown. */
export function toMarkdown(report) {
  const { machine, settings, cases } = report;
  const lines = [
    `# Benchmark of ${report.date.slice(0, 10)}`,
    '',
    `- ws2spi ${machine.ws2spi}, commit ${machine.commit ?? 'unknown'}`,
    `- Node.js ${machine.node} (V8 ${machine.v8}), koffi ${machine.koffi}`,
    `- ${machine.system}, ${machine.architecture}, ${machine.cpus} × ${machine.cpu}, ${machine.memory}`,
    `- C compiler: ${machine.compiler ?? 'none'}`,
    `- ${settings.rounds} interleaved rounds of ${settings.seconds} s after the warm-up${ownSettings(report)}; ${settings.pinning}; load before ${machine.loadAtStart.toFixed(2)}, after ${report.loadAtEnd.toFixed(2)}`,
    '',
    ...(isBusy(report) ? ['**Provisional: the machine was busy with other work when this was measured.**', ''] : []),
    'Figures are medians over the rounds, with the least and the most; ratios are ratios of medians.',
    '',
    '| case | measured | result | target | reached |',
    '|---|---|---|---|---|',
  ];
  for (const { title, rows, skipped, failed } of cases) {
    for (const row of rows ?? []) {
      lines.push(`| ${[row.name, row.measured, row.value, row.target, mark(row.reached)].map(cell).join(' | ')} |`);
    }
    if (skipped !== undefined) lines.push(`| ${cell(title)} | skipped: ${cell(skipped)} | | | |`);
    if (failed !== undefined) lines.push(`| ${cell(title)} | failed: ${cell(failed)} | | | **no** |`);
  }
  lines.push('', '## Missed', '', ...missed(report));
  for (const { rows } of cases) {
    for (const { name, appendix } of rows ?? []) {
      if (appendix !== undefined) lines.push('', `## ${name}`, '', '```text', appendix.trimEnd(), '```');
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The cases that were measured in other rounds than the report says of all. */
function ownSettings({ settings, cases }) {
  return cases
    .filter((measured) => measured.settings !== undefined)
    .filter(({ settings: own }) => own.rounds !== settings.rounds || own.seconds !== settings.seconds)
    .map(({ name, settings: own }) => ` (${name}: ${own.rounds} of ${own.seconds} s)`)
    .join('');
}

/** Whether others used the processors: before the run, or beyond what client and server use themselves. */
function isBusy({ machine, loadAtEnd }) {
  return machine.loadAtStart > 0.4 || loadAtEnd > BENCHMARK_LOAD + 0.5;
}

/** What was not reached, as lines of a list. */
function missed({ cases }) {
  const lines = [];
  for (const { title, rows, skipped, failed } of cases) {
    for (const { name, value, target, reached } of rows ?? []) {
      if (reached === false) lines.push(`- ${name}: ${value}, target ${target}`);
    }
    if (failed !== undefined) lines.push(`- ${title}: failed: ${failed.split('\n')[0]}`);
    if (skipped !== undefined) lines.push(`- ${title}: not measured: ${skipped}`);
  }
  return lines.length > 0 ? lines : ['Nothing.'];
}

/** Whether every target of the report was reached; what was skipped counts as neither. */
export function allReached({ cases }) {
  return cases.every(
    ({ rows, failed }) => failed === undefined && (rows ?? []).every(({ reached }) => reached !== false),
  );
}

/**
 * Writes the report to `bench/results/`.
 *
 * @returns the paths written
 */
export function writeReport(report, markdown) {
  mkdirSync(RESULTS, { recursive: true });
  const name = `${report.date.slice(0, 10)}-${hostKind()}`;
  const paths = [`${name}.md`, `${name}.json`, 'latest.md'].map((file) => join(RESULTS, file));
  writeFileSync(paths[0], markdown);
  writeFileSync(paths[1], `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(paths[2], markdown);
  return paths;
}
