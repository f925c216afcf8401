/** Which build of the package this is: the hash of its scripts, which the packing writes in here; empty where nothing was packed. */
export const BUILD: string = '';
