// What tshark makes of a capture.
import { execFileSync, spawnSync } from 'node:child_process';

/** One packet, as tshark reads it. */
export interface Packet {
  readonly interface: string;
  readonly source: string;
  readonly destination: string;
  /** 1 came in, 2 went out. */
  readonly direction: number;
  readonly stream: number;
  readonly flags: string;
  readonly length: number;
  readonly udpLength: number;
  readonly payload: string;
  readonly comment: string;
  /** Seconds since 1970, with nine digits. */
  readonly time: string;
  /** What tshark finds wrong with it: malformed, out of order, sent twice, with a wrong checksum; empty for nothing. */
  readonly fault: string;
}

const FIELDS = [
  'frame.interface_name',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'udp.srcport',
  'ip.dst',
  'ipv6.dst',
  'tcp.dstport',
  'udp.dstport',
  'frame.packet_flags_direction',
  'tcp.stream',
  'tcp.flags.str',
  'tcp.len',
  'udp.length',
  'tcp.payload',
  'udp.payload',
  'frame.comment',
  'frame.time_epoch',
  'tcp.analysis.flags',
  '_ws.malformed',
  'ip.checksum.status',
  'tcp.checksum.status',
  'udp.checksum.status',
] as const;

/** Runs tshark over a file; throws what it complains of. */
export function tshark(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('tshark', ['-r', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, TZ: 'UTC' },
  });
  const complaints = stderr.replace(/^Running as user "root".*\n/gm, '').trim();
  if (status !== 0 || complaints !== '') throw new Error(`tshark says of ${file} (${status}): ${complaints}`);
  return stdout;
}

/** Reads all packets of a file. */
export function packetsOf(file: string, ...args: string[]): Packet[] {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const lines = tshark(file, ...checks, ...args, '-T', 'fields', '-E', 'occurrence=f', '-E', 'separator=|', ...fields);
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('|');
      const of = (field: (typeof FIELDS)[number]): string => values[FIELDS.indexOf(field)]!;
      return {
        interface: of('frame.interface_name'),
        source: `${of('ip.src')}${of('ipv6.src')} ${of('tcp.srcport')}${of('udp.srcport')}`,
        destination: `${of('ip.dst')}${of('ipv6.dst')} ${of('tcp.dstport')}${of('udp.dstport')}`,
        direction: Number(of('frame.packet_flags_direction')),
        stream: of('tcp.stream') === '' ? -1 : Number(of('tcp.stream')),
        flags: of('tcp.flags.str').replaceAll('·', ''),
        length: Number(of('tcp.len') || 0),
        udpLength: Number(of('udp.length') || 0),
        payload: `${of('tcp.payload')}${of('udp.payload')}`.replaceAll(':', ''),
        comment: of('frame.comment'),
        time: of('frame.time_epoch'),
        fault: faultOf(of('tcp.analysis.flags') + of('_ws.malformed'), [
          of('ip.checksum.status'),
          of('tcp.checksum.status'),
          of('udp.checksum.status'),
        ]),
      };
    });
}

function faultOf(found: string, checksums: readonly string[]): string {
  return `${found}${checksums.includes('0') ? ' wrong checksum' : ''}`;
}

/** What is wrong with packets. */
export function faultsOf(packets: readonly Packet[]): string[] {
  return packets.flatMap(({ fault }, at) => (fault === '' ? [] : [`packet ${at + 1}: ${fault}`]));
}

/** The bytes of both directions of a stream, in the order of its packets. */
export function contentsOf(packets: readonly Packet[], stream: number): [string, string] {
  const of = packets.filter((packet) => packet.stream === stream);
  const payload = (isFirst: boolean): string =>
    of
      .filter(({ source }) => (source === of[0]?.source) === isFirst)
      .map((packet) => packet.payload)
      .join('');
  return [payload(true), payload(false)].map((hex) => Buffer.from(hex, 'hex').toString('latin1')) as [string, string];
}

/** The bytes of both directions of a stream: those of the side that sent the first segment, and the other's. */
export function followStream(file: string, stream: number): [Buffer, Buffer] {
  const text = tshark(file, '-q', '-z', `follow,tcp,raw,${stream}`);
  const sides: [string[], string[]] = [[], []];
  for (const line of text.split('\n')) {
    if (/^\t[0-9a-f]+$/.test(line)) sides[1].push(line.trim());
    else if (/^[0-9a-f]+$/.test(line)) sides[0].push(line);
  }
  return [Buffer.from(sides[0].join(''), 'hex'), Buffer.from(sides[1].join(''), 'hex')];
}

/** What capinfos says, by the names that it has for it. */
export function capinfos(file: string): Map<string, string> {
  const text = execFileSync('capinfos', ['-M', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    }),
  );
}
