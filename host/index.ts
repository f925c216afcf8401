/**
 * What WinSock takes from Win32, made for an event loop: one reactor per instance that owns readiness, timers, APCs and
 * deferred work, pumped from Node.js' event loop or from inside a blocking call; event objects; clocks and generators
 * that tests replace.
 *
 * @module
 */
export { beforeSleep } from './before-sleep.js';
export { behindImmediates, callFromLoop, enterApplicationBy } from './callback-scope.js';
export { systemClock, VirtualClock } from './clock.js';
export { seededRandom, systemRandom, type SeededRandom } from './random.js';
export { DescriptorEvents, watchDescriptor } from './descriptors.js';
export { Host, type HostOptions } from './host.js';
export type { AsyncWaitOptions } from './event-waits.js';
export type { BlockingHook } from './reactor-options.js';
export type { WaitOptions, WaitOrTimerCallback } from './events.js';
export type { PostRoutine, WindowMessage, WindowProcedure } from './windows.js';
