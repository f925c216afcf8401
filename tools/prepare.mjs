// `prepare` and `postpack` of npm. In a clone, and before npm packs, `prepare` builds. While npm packs or publishes, the
// modules of the build are joined as well; `postpack` brings the compiler's own files back.
//
//   node tools/prepare.mjs             what `prepare` does
//   node tools/prepare.mjs --restore   what `postpack` does
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinModules } from './join-modules.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
// If npm is interrupted, the compiler's files stay here. The next build writes them anew: what the compiler remembers of
// them is here too.
const compiled = join(root, '.compiled');

if (process.argv.includes('--restore')) {
  if (existsSync(compiled)) {
    rmSync(dist, { recursive: true, force: true });
    renameSync(compiled, dist);
  }
} else {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
  if (['pack', 'publish'].includes(process.env.npm_command ?? '')) {
    rmSync(compiled, { recursive: true, force: true });
    renameSync(dist, compiled);
    await joinModules(compiled, dist);
  }
}
