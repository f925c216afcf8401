// What every provider should pass, on the operating system's sockets.
import { runProviderSuite } from '../../support/provider-suite.js';

runProviderSuite('tcpip');
