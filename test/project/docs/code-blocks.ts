import { readdirSync, readFileSync } from 'node:fs';

/** A fenced block of code in a page. */
export interface CodeBlock {
  /** The page, from the project's root. */
  readonly page: string;
  /** The line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language: `file=name.js`, `no-run`, `reason=…`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly code: string;
}

const ROOT = new URL('../../../', import.meta.url);

/** The pages whose code is run. */
export function pages(): string[] {
  const docs = readdirSync(new URL('docs/', ROOT)).filter((name) => name.endsWith('.md'));
  const layers = readdirSync(new URL('docs/layers/', ROOT)).map((name) => `layers/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...[...docs, ...layers].map((name) => `docs/${name}`)];
}

/** The blocks of a page. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = readFileSync(new URL(page, ROOT), 'utf8').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\w*)(.*)$/.exec(lines[at]!);
    if (fence === null) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: a block of code without an end`);
    blocks.push({
      page,
      line: at + 1,
      language: fence[1]!,
      attributes: readAttributes(fence[2]!),
      code: `${lines.slice(at + 1, end).join('\n')}\n`,
    });
    at = end;
  }
  return blocks;
}

// `reason=` takes the rest of the line.
function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  const [before = '', reason] = text.split(' reason=');
  for (const word of before.trim().split(/\s+/).filter(Boolean)) {
    const [name, value = ''] = word.split('=', 2);
    attributes.set(name!, value);
  }
  if (reason !== undefined) attributes.set('reason', reason);
  return attributes;
}
