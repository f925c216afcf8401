// Applications that put functions of their own before those of net and http, before the hook comes or after it.
import { describeHooked } from '../../support/hooked-programs.js';

const file = new URL('fixtures/services/run.mjs', import.meta.url);
const agent = new URL('fixtures/services/agent-of-monitoring.mjs', import.meta.url);
const cannotBeReplayed = 'what is proxied is TLS';

describeHooked('A program that patches net', {
  file,
  args: ['patches'],
  env: { WATCHED_FROM: 'the program' },
  cannotBeReplayed,
});

describeHooked('A program whose net was patched before the hook came', {
  file,
  args: ['patches'],
  // Comes before what the command line imports.
  env: { NODE_OPTIONS: `--import=${agent.href}` },
  cannotBeReplayed,
});
