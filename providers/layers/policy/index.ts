/**
 * The layer of policies: what programs may connect and send to, whom they may accept, and which addresses and ports they may take.
 * What no rule allows is denied.
 *
 * @module
 */
import { resolve } from 'node:path';
import { defineLayer, type Layer, type LayerContext } from '../../../chain/index.js';
import { WSAEPROVIDERFAILEDINIT, type LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { FileAudit, FunctionAudit, type Audit, type PolicyDecision } from './audit.js';
import { Denials, Guard, type PolicyParts } from './guard.js';
import { Learner } from './learn.js';
import { FixedPolicy, PolicyFile } from './policy-source.js';
import { readRules, type PolicyRule } from './policy-text.js';
import { RuleSet } from './rules.js';

export type { PolicyDecision } from './audit.js';
export type { OneOrMore, PolicyRule } from './policy-text.js';
export type { PolicyDirection, PolicyProtocol } from './rules.js';

/** What the layer allows, and what it tells of it. Either `file` or `rules` is given; or `learn` alone. */
export interface PolicyOptions {
  /** The path of a policy. It is looked at as it changes; while it is missing or wrong, everything is denied. */
  readonly file?: string;
  /** The rules, in place of a file. */
  readonly rules?: readonly PolicyRule[];
  /** Milliseconds of the instance's clock between two looks at `file`, 0 or more; 100 if absent. */
  readonly interval?: number;
  /**
   * The path of a file to which rules are added that allow what the run needed. Without `file` and `rules` everything passes
   * meanwhile; with them only what they allow passes, and is written.
   */
  readonly learn?: string;
  /**
   * Where each decision goes: the path of a file, to which lines of JSON are added, or a function; `false` for nowhere. If absent, what is
   * denied is told by the instance's `defect` event, each once.
   */
  readonly audit?: string | false | ((decision: PolicyDecision) => void);
  /** The layer's name; `policy` if absent. */
  readonly name?: string;
}

const RULES: Readonly<Record<keyof PolicyOptions, OptionRule>> = {
  file: textThat((value) => value !== '', 'the path of a policy'),
  rules: { fits: Array.isArray, expected: 'a list of rules' },
  interval: numberThat((value) => value >= 0 && value <= 86_400_000, 'a number of milliseconds, 0 or more'),
  learn: textThat((value) => value !== '', 'the path of a file'),
  audit: {
    fits: (value) => value === false || typeof value === 'function' || (typeof value === 'string' && value !== ''),
    expected: 'the path of a file, a function, or false',
  },
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/**
 * Makes a layer that holds sockets to a policy.
 *
 * @param options the policy, and who is told of decisions
 * @throws TypeError for an option that there is not, that cannot be so, or that is missing; it names the option. PolicyFault, which names the
 *   rule, for `rules` that are none
 */
export function policy(options: PolicyOptions): Layer {
  checkOptions('policy', options, RULES);
  const { file, rules, interval = 100, learn, audit, name = 'policy' } = options ?? {};
  if (file !== undefined && rules !== undefined) {
    throw new TypeError('policy: there is both `file` and `rules`: give one of them');
  }
  if (file === undefined && rules === undefined && learn === undefined) {
    throw new TypeError('policy: `file` or `rules` must be given: { rules: [] } denies everything');
  }
  checkPaths({ file, learn, audit: typeof audit === 'string' ? audit : undefined });
  const source =
    file !== undefined
      ? new PolicyFile(file, interval)
      : rules !== undefined
        ? new FixedPolicy(new RuleSet(readRules(rules, 'policy')))
        : null;
  const learner = learn === undefined ? null : new Learner(learn, name);
  const denials = audit === undefined ? new Denials(name) : null;
  // Opened as the layer first starts: a layer that is not used leaves no file behind.
  let opened: Audit | null = null;
  const parts = (): PolicyParts => {
    opened ??= typeof audit === 'string' ? new FileAudit(audit, name) : null;
    opened ??= typeof audit === 'function' ? new FunctionAudit(audit, name) : null;
    return { layer: name, source, learner, audit: opened, denials };
  };
  const guards = new WeakMap<LayerContext, Guard>();
  const guardOf = (context: LayerContext): Guard => {
    const guard = guards.get(context) ?? new Guard(context, parts());
    guards.set(context, guard);
    return guard;
  };
  return defineLayer({
    name,
    version: '1.0.0',
    filters: (context) => guardOf(context).filters,
    overrides: (context) => guardOf(context).overrides,
  });
}

/** A policy that is written over by its own audit, or by what is learned under it, would be lost. */
function checkPaths(paths: Readonly<Record<'file' | 'learn' | 'audit', string | undefined>>): void {
  const known = new Map<string, string>();
  for (const [option, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    const other = known.get(resolve(path));
    if (other !== undefined) throw new TypeError(`policy: \`${option}\` must be another file than \`${other}\``);
    known.set(resolve(path), option);
  }
}

/** The layer without a policy, for catalogs: it starts nothing, and says how it is given one. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _protocolInfo, upcalls) => {
  upcalls.host.report({
    message:
      'policy: the layer has no policy, and starts nothing without: install a module of two lines, ' +
      "import { policy } from 'ws2spi/providers/layers/policy'; " +
      "export const { WSPStartup } = policy({ file: '/path/of/policy.json' });",
    provider: 'policy',
  });
  return WSAEPROVIDERFAILEDINIT;
};
