import { inflateRawSync } from 'node:zlib';

/** A cell as the file says it: a number keeps its digits, `text` tells which cells are text. */
export interface XlsxCell {
  value: string;
  text: boolean;
}

/** The rows of the first sheet of a workbook, read from its bytes by the formats' own rules (ZIP, then XML). */
export function readXlsx(file: Buffer): (XlsxCell | null)[][] {
  const xml = unzip(file, 'xl/worksheets/sheet1.xml');
  return [...xml.matchAll(/<row[^>]*>(.*?)<\/row>/gs)].map(([, cells = '']) => {
    const row: (XlsxCell | null)[] = [];
    for (const [, attributes = '', content = ''] of cells.matchAll(/<c ([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const letters = /r="([A-Z]+)\d+"/.exec(attributes)?.[1] ?? '';
      const column = Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
      const type = /\bt="(\w+)"/.exec(attributes)?.[1] ?? 'n';
      const inner = /<(?:v|t)[^>]*>(.*?)<\/(?:v|t)>/s.exec(content)?.[1];
      while (row.length < column) row.push(null);
      row[column] = inner === undefined ? null : { value: unescape(inner), text: type === 'inlineStr' };
    }
    return row;
  });
}

const unescape = (xml: string): string =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

/** One member of a ZIP archive, found through its central directory. */
function unzip(file: Buffer, name: string): string {
  for (let at = file.indexOf('PK\u0001\u0002'); at !== -1; at = file.indexOf('PK\u0001\u0002', at + 4)) {
    const nameLength = file.readUInt16LE(at + 28);
    if (file.toString('utf8', at + 46, at + 46 + nameLength) !== name) continue;
    const local = file.readUInt32LE(at + 42);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const packed = file.subarray(start);
    return (file.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)).toString('utf8');
  }
  throw new Error(`no ${name} in the archive`);
}
