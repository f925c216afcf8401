// The layers of this package as people name them in one text: how each is made, and what its options are.
import type { CaptureOptions } from '../providers/layers/capture/index.js';
import type { CompressionOptions } from '../providers/layers/compression/index.js';
import type { FaultOptions } from '../providers/layers/fault/index.js';
import type { HttpProxyOptions } from '../providers/layers/http-proxy/index.js';
import type { PolicyOptions } from '../providers/layers/policy/index.js';
import type { ProxyProtocolOptions } from '../providers/layers/proxy-protocol/index.js';
import type { QosOptions } from '../providers/layers/qos/index.js';
import type { RecordOptions } from '../providers/layers/record/index.js';
import type { ReplayOptions } from '../providers/layers/replay/index.js';
import type { ShapeOptions } from '../providers/layers/shape/index.js';
import type { SocksOptions } from '../providers/layers/socks/index.js';
import type { TlsOptions } from '../providers/layers/tls/index.js';
import type { TraceOptions } from '../providers/layers/trace/index.js';

/** What kind of value an option has, when it is written as text. */
export type OptionKind =
  | 'text'
  /** A file that is read, relative to the working directory. */
  | 'input'
  /** A file that is written. */
  | 'output'
  /** A file that is written; or `false`. */
  | 'outputOrFalse'
  /** A text in PEM, or a file of it. */
  | 'pem'
  | 'pems'
  | 'number'
  /** Milliseconds, or with the unit. */
  | 'time'
  /** Bytes, or bytes in a second; or with the unit. */
  | 'bytes'
  /** From 0 to 1, or in percent. */
  | 'share'
  /** `true` or `false`; by itself, `true`. */
  | 'flag'
  /** A number, or any text. */
  | 'seed'
  /** Texts, with commas between them. */
  | 'list'
  /** Texts and expressions (`/…/`), with commas between them. */
  | 'patterns'
  /** Objects and lists, which are written in JSON alone. */
  | 'json'
  /** Functions and objects, which only a program can give. */
  | 'program';

/** What becomes of datagram sockets, where a layer is stacked over TCP and UDP. */
export type DatagramUse =
  /** It carries them, too. */
  | 'carried'
  /** It lets them be: they go below it, as they are. */
  | 'passed'
  /** There are none: what the layer promises would not hold for them. */
  | 'refused';

/** A kind for each option that there is. */
type KindsOf<Options> = Readonly<Record<keyof Options, OptionKind>>;

/** One layer of this package. */
export interface BuiltInLayer {
  /** The export of its module that makes it. */
  readonly maker: string;
  /** The option that is meant by what stands first without a name; none if absent. */
  readonly main?: string;
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly datagrams: DatagramUse;
  /** Whether names of hosts go to a proxy, so that they are not looked up here. */
  readonly takesNames?: true;
  /** Where what it has to show goes, when a command names it and says nothing of that; it shows nothing of itself if absent. */
  readonly shown?: { readonly option: string; readonly value: string };
}

/** What layers that go by a proxy are told. */
const OPTIONS_OF_PROXIES = {
  proxy: 'text',
  user: 'text',
  password: 'text',
  remoteNames: 'flag',
  timeout: 'time',
  name: 'text',
} as const;

/** The layers of this package by their names; their modules lie in `providers/layers/NAME/`. */
export const BUILT_IN_LAYERS: Readonly<Record<string, BuiltInLayer>> = {
  capture: {
    maker: 'capture',
    main: 'file',
    options: {
      file: 'output',
      enabled: 'flag',
      snaplen: 'bytes',
      secrets: 'flag',
      files: 'number',
      size: 'bytes',
      duration: 'time',
      name: 'text',
    } satisfies KindsOf<CaptureOptions>,
    datagrams: 'carried',
  },
  compression: {
    maker: 'compression',
    main: 'method',
    options: { method: 'text', level: 'number', name: 'text' } satisfies KindsOf<CompressionOptions>,
    datagrams: 'passed',
  },
  fault: {
    maker: 'fault',
    options: {
      refuse: 'share',
      reset: 'share',
      stall: 'share',
      slice: 'share',
      corrupt: 'share',
      truncate: 'share',
      drop: 'share',
      duplicate: 'share',
      delay: 'share',
      hold: 'time',
      size: 'bytes',
      within: 'bytes',
      error: 'text',
      role: 'text',
      direction: 'text',
      rules: 'json',
      seed: 'seed',
      standby: 'flag',
      onFault: 'program',
      name: 'text',
    } satisfies KindsOf<FaultOptions>,
    datagrams: 'carried',
  },
  'http-proxy': {
    maker: 'httpProxy',
    main: 'proxy',
    options: OPTIONS_OF_PROXIES satisfies KindsOf<HttpProxyOptions>,
    datagrams: 'refused',
    takesNames: true,
  },
  policy: {
    maker: 'policy',
    main: 'file',
    options: {
      file: 'input',
      rules: 'json',
      interval: 'time',
      learn: 'output',
      audit: 'outputOrFalse',
      name: 'text',
    } satisfies KindsOf<PolicyOptions>,
    datagrams: 'carried',
  },
  'proxy-protocol': {
    maker: 'proxyProtocol',
    main: 'from',
    options: {
      from: 'list',
      version: 'number',
      checksum: 'flag',
      timeout: 'time',
      origin: 'program',
      name: 'text',
    } satisfies KindsOf<ProxyProtocolOptions>,
    datagrams: 'refused',
  },
  qos: {
    maker: 'qos',
    options: { capacity: 'bytes', dscp: 'json', priority: 'json', name: 'text' } satisfies KindsOf<QosOptions>,
    datagrams: 'carried',
  },
  record: {
    maker: 'record',
    main: 'file',
    options: {
      file: 'output',
      append: 'flag',
      redact: 'patterns',
      times: 'flag',
      raw: 'flag',
      name: 'text',
    } satisfies KindsOf<RecordOptions>,
    datagrams: 'carried',
  },
  replay: {
    maker: 'replay',
    main: 'file',
    options: {
      file: 'input',
      mode: 'text',
      redact: 'patterns',
      vary: 'patterns',
      pace: 'flag',
      patience: 'time',
      name: 'text',
    } satisfies KindsOf<ReplayOptions>,
    datagrams: 'carried',
  },
  shape: {
    maker: 'shape',
    options: {
      up: 'bytes',
      down: 'bytes',
      burst: 'bytes',
      per: 'text',
      latency: 'time',
      jitter: 'time',
      loss: 'share',
      duplication: 'share',
      reordering: 'share',
      seed: 'seed',
      window: 'bytes',
      name: 'text',
    } satisfies KindsOf<ShapeOptions>,
    datagrams: 'carried',
  },
  socks: {
    maker: 'socks',
    main: 'proxy',
    options: OPTIONS_OF_PROXIES satisfies KindsOf<SocksOptions>,
    datagrams: 'carried',
    takesNames: true,
  },
  tls: {
    maker: 'tls',
    main: 'servername',
    options: {
      ca: 'pems',
      cert: 'pems',
      key: 'pem',
      passphrase: 'text',
      servername: 'text',
      alpn: 'list',
      minVersion: 'text',
      maxVersion: 'text',
      ciphers: 'text',
      rejectUnauthorized: 'flag',
      requestCert: 'flag',
      resumption: 'flag',
      keyLogFile: 'output',
      handshakeTimeout: 'time',
      name: 'text',
    } satisfies KindsOf<TlsOptions>,
    datagrams: 'refused',
  },
  trace: {
    maker: 'trace',
    main: 'file',
    options: {
      file: 'output',
      format: 'text',
      recorder: 'program',
      onRecord: 'program',
      dataBytes: 'bytes',
      name: 'text',
    } satisfies KindsOf<TraceOptions>,
    datagrams: 'carried',
    shown: { option: 'file', value: 'pipe:2' },
  },
};

/** The names of the layers of this package. */
export const BUILT_IN_LAYER_NAMES: readonly string[] = Object.keys(BUILT_IN_LAYERS);
