// Protocols where the server speaks first, at real servers: mail, and ssh.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync, copyFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from '../../support/free-ports.js';
import { certificateFile } from '../../support/certificates/index.js';
import { describeHooked } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const file = new URL('fixtures/services/run.mjs', import.meta.url);
const PYTHON = '/usr/bin/python3';
const SSHD = '/usr/sbin/sshd';
const hasMail = spawnSync(PYTHON, ['-c', 'import aiosmtpd']).status === 0;
const withoutMail = hasMail ? { skip: false } : withoutServer('python3-aiosmtpd');
const withoutSsh = withoutServer(SSHD, ['-V']);
const folder = temporaryFolder();
const servers: ChildProcess[] = [];
const ports = { SMTP: 0, SSH: 0 };

async function startMail(): Promise<void> {
  const program = fileURLToPath(new URL('fixtures/services/smtp-server.py', import.meta.url));
  const args = [program, certificateFile('server.pem'), certificateFile('server.key')];
  const server = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  servers.push(server);
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  ports.SMTP = Number(String(line));
}

async function startSsh(): Promise<void> {
  for (const name of ['host', 'user'])
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  copyFileSync(join(folder, 'user.pub'), join(folder, 'allowed'));
  // Where sshd goes when it gives its privileges up.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  ports.SSH = await freePort();
  writeFileSync(join(folder, 'port'), String(ports.SSH));
  const config = join(folder, 'config');
  const lines = [
    `Port ${ports.SSH}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'allowed')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'PrintMotd no',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const server = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(server);
  for await (const piece of server.stderr) if (String(piece).includes('listening')) break;
}

beforeAll(async () => {
  if (hasMail) await startMail();
  if (spawnSync(SSHD, ['-V']).error === undefined) await startSsh();
});

afterAll(() => {
  for (const server of servers) server.kill('SIGKILL');
});

describeHooked(
  'nodemailer, at a server of SMTP',
  { file, args: ['mail'], envOfRecording: { RECORDED: '1' }, servers: () => ({ SMTP: ports.SMTP }) },
  withoutMail.skip,
);

describeHooked(
  'ssh2, at sshd',
  {
    file,
    args: ['ssh'],
    env: { SSH_FOLDER: folder, SSH_USER: userInfo().username },
    servers: () => ({ SSH: ports.SSH }),
    cannotBeReplayed: 'it exchanges keys',
  },
  withoutSsh.skip,
);
