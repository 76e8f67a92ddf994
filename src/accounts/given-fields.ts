/** The fields of a change that are given: undefined means "leave it", null is a value. */
export function givenFields<Settings extends object>(fields: {
  [Field in keyof Settings]?: Settings[Field] | undefined;
}): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Settings>;
}
