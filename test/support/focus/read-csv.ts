/** Reads RFC 4180 text as records; a reader of its own, so that the writer cannot agree with itself. */
export function readCsv(text: string, separator = ','): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted) {
      if (char === '"' && text[at + 1] === '"') cell += text[++at] as string;
      else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"') quoted = true;
    else if (char === separator) {
      record.push(cell);
      cell = '';
    } else if (char === '\r' && text[at + 1] === '\n') {
      records.push([...record, cell]);
      record = [];
      cell = '';
      at += 1;
    } else cell += char;
  }
  if (cell !== '' || record.length > 0) throw new Error('the last record has no line end');
  return records;
}

/** The records as objects by the names of the first one. */
export function readCsvObjects(text: string, separator = ','): Record<string, string>[] {
  const [header = [], ...records] = readCsv(text, separator);
  return records.map((record) => {
    if (record.length !== header.length)
      throw new Error(`a record of ${record.length} cells: ${record.join('|')}`);
    return Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  });
}
