// A system that refuses.
import { systemSockets, type PlatformSockets } from '../../../dist/platform/index.js';

/** The system's sockets, some of whose functions fail as often as is wanted. */
export function refusing(): {
  platform: PlatformSockets;
  refuse(name: keyof PlatformSockets, code: number, times: number): void;
  /** How often a function has been refused since `refuse`. */
  refused(name: keyof PlatformSockets): number;
} {
  const left = new Map<string, { code: number; times: number; count: number }>();
  const platform = new Proxy(systemSockets(), {
    get(target, name: string) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const refusal = left.get(name);
        if (refusal === undefined || refusal.times-- <= 0) return Reflect.apply(value, target, args);
        refusal.count++;
        return refusal.code;
      };
    },
  });
  return {
    platform,
    refuse: (name, code, times) => void left.set(name, { code, times, count: 0 }),
    refused: (name) => left.get(name)?.count ?? 0,
  };
}
