// The demonstration in a process of its own, so that a layer that blocks it cannot block the program that watches.
import { runDemo, type DemoEvent, type DemoJob } from './demo-run.js';

// Milliseconds between signs of life.
const ALIVE_EVERY = 200;

const report = (event: DemoEvent): void => {
  process.send?.(event, undefined, undefined, () => undefined);
};

process.on('disconnect', () => process.exit(1));
process.on('uncaughtException', (error: unknown) => {
  report({
    kind: 'defect',
    defect: `outside of any call was thrown: ${error instanceof Error ? error.message : String(error)}`,
  });
});
process.once('message', (job: DemoJob) => {
  setInterval(() => report({ kind: 'alive' }), ALIVE_EVERY);
  void runDemo(job, report);
});
