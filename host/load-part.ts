// Also for those who stand above the platform, and do not see it.
export { loadPart } from '../platform/load-part.js';
