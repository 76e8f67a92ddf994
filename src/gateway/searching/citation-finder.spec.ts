import fc from 'fast-check';
import { CitationFinder } from './citation-finder.js';

const pages = [1, 2, 3].map((number) => ({ title: `Page ${number}`, url: `https://p${number}.example/` }));

const cited = (...pieces: string[]) => {
  const finder = new CitationFinder();
  finder.add(pages);
  const found = [...pieces.flatMap((piece) => finder.push(piece)), ...finder.flush()];
  return found.map(({ page, start, end }) => [page.title, pieces.join('').slice(start, end)]);
};

describe('references to search results', () => {
  it('are numbers in brackets and links to a page that was found', () => {
    expect(cited('Tea is hot [1], see [this](https://p3.example/) and [2]')).toEqual([
      ['Page 1', '[1]'],
      ['Page 3', '](https://p3.example/)'],
      ['Page 2', '[2]'],
    ]);
  });

  it('are no array indexes, no unknown numbers, no links elsewhere', () => {
    expect(
      cited('a[1] f()[2] x[1][2] [9] [0] [t](https://other.example/) [1](https://other.example/)'),
    ).toEqual([]);
  });

  it('are found wherever the text is cut', () => {
    const text = 'One [1] two [2][3] a[1] [l](https://p2.example/) end [3]';
    const whole = cited(text);
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(cited(...pieces)).toEqual(whole);
      }),
    );
  });

  it('go on counting over several searches', () => {
    const finder = new CitationFinder();
    finder.add(pages.slice(0, 2));
    expect(finder.nextNumber).toBe(3);
    finder.add([{ title: 'Later', url: 'https://later.example/' }]);
    expect(finder.push('[3] ')).toMatchObject([{ page: { title: 'Later' }, start: 0, end: 3 }]);
  });
});
