// The last step of a build: makes the command-line program executable, as `bin` wants it.
import { chmodSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
if (existsSync(program)) chmodSync(program, 0o755);
