/** Built-in providers by name, and their modules. They are loaded at first need, so that nobody pays for the others. */
export const BUILT_IN: Readonly<Record<string, string>> = {
  tcpip: '../../providers/tcpip/index.js',
  memory: '../../providers/memory/index.js',
  'namespaces/files': '../../providers/namespaces/files/index.js',
  'namespaces/dns': '../../providers/namespaces/dns/index.js',
  'namespaces/registry': '../../providers/namespaces/registry/index.js',
  'namespaces/mdns': '../../providers/namespaces/mdns/index.js',
  'namespaces/proxied': '../../providers/namespaces/proxied/index.js',
  'namespaces/redis': '../../providers/namespaces/redis/index.js',
  'layers/trace': '../../providers/layers/trace/index.js',
  'layers/compression': '../../providers/layers/compression/index.js',
  'layers/tls': '../../providers/layers/tls/index.js',
  'layers/socks': '../../providers/layers/socks/index.js',
  'layers/policy': '../../providers/layers/policy/index.js',
  'layers/http-proxy': '../../providers/layers/http-proxy/index.js',
  'layers/proxy-protocol': '../../providers/layers/proxy-protocol/index.js',
  'layers/qos': '../../providers/layers/qos/index.js',
  'layers/record': '../../providers/layers/record/index.js',
  'layers/replay': '../../providers/layers/replay/index.js',
  'layers/capture': '../../providers/layers/capture/index.js',
  'layers/fault': '../../providers/layers/fault/index.js',
  'layers/shape': '../../providers/layers/shape/index.js',
};

/** What `di:` finds in every instance. */
export const BUILT_IN_PROVIDERS: readonly string[] = Object.keys(BUILT_IN);
