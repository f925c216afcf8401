/** Something that was asked for cannot be done: exit code 1. */
export class CatalogWordError extends Error {}
