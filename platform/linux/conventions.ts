import type { SystemConventions } from '../conventions.js';
import { unixConventions } from '../unix.js';
import { LinuxPorts } from './ports.js';
import { processRecords } from './process-records.js';

/** Those of Linux. */
export const linuxConventions: SystemConventions = {
  ...unixConventions,
  userFiles: {
    passwd: '/etc/passwd',
    group: '/etc/group',
    sources: '/etc/nsswitch.conf',
    localSources: new Set(['files', 'systemd', 'altfiles']),
    firstUserGroup: 1000,
  },
  processes: processRecords,
  ports: new LinuxPorts(),
  descriptorPath: (descriptor) => `/proc/self/fd/${descriptor}`,
};
