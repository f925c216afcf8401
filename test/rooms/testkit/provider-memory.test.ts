// What every provider should pass, on the network in memory.
import { runProviderSuite } from '../../support/provider-suite.js';

runProviderSuite('memory');
