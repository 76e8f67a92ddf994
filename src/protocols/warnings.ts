/**
 * Words for what a request loses on its way. Every warning begins with the wire name of the field it is about, so that
 * a strict caller can be told which one (`x-faregate-strict`).
 */
export const dropped = (field: string, why: string): string => `${field} was dropped: ${why}`;

/** The field a warning is about; undefined when it names none. */
export const warnedField = (warning: string): string | undefined =>
  /^"?([A-Za-z_][\w-]*(?:\.[\w-]+)*)"?(?=[\s:])/.exec(warning)?.[1];
