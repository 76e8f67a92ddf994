/** A request body of Stripe's API: `a[b]=1&list[0]=x` as nested objects of strings. */
export type Form = { [name: string]: string | Form };

export function parseForm(text: string): Form {
  const root: Form = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const names = path.split(/\[|\]\[|\]/).filter((name) => name !== '');
    let at = root;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Form;
    at[names.at(-1) ?? ''] = value;
  }
  return root;
}

export const textOf = (form: Form, name: string): string | undefined =>
  typeof form[name] === 'string' ? (form[name] as string) : undefined;

export const mapOf = (form: Form, name: string): Record<string, string> =>
  typeof form[name] === 'object' ? (form[name] as Record<string, string>) : {};
