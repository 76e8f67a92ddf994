/** Pages that a first start loads, so that a search finds something: the product, described in its own words. */
export const SAMPLE_DOCUMENTS = [
  {
    url: 'https://faregate.example/docs/holds',
    title: 'How Faregate holds and settles money',
    content:
      'Before a call reaches a model, Faregate holds the most that the call can cost: its input at the dearest price, ' +
      'its output limit, and every search it may run. When the answer has been served the hold is settled with what ' +
      'was really used, and the rest is free again at once. A call that fails before it has served anything costs ' +
      'nothing. Settlements are written to a journal on disk before the caller can see the end of the answer, so a ' +
      'process that dies loses no charge and makes none twice.',
    authors: 'Faregate',
    language: 'en',
    published_at: '2026-11-01T09:00:00Z',
  },
  {
    url: 'https://faregate.example/docs/search',
    title: 'Searching with octen_search',
    content:
      'octen_search is a tool that the gateway runs by itself, for any model and on every protocol. Declare it among ' +
      'the tools of a request; when the model asks for a search, Faregate runs it, hands the results to the model and ' +
      'lets it go on. Each search costs a fixed price on top of the tokens. The default backend is PostgreSQL ' +
      'full-text search over documents that an administrator loads; a SearXNG instance or the API of Octen can take ' +
      'its place.',
    authors: 'Faregate',
    language: 'en',
    published_at: '2026-11-10T09:00:00Z',
  },
  {
    url: 'https://faregate.example/docs/protocols',
    title: 'Any client over any upstream',
    content:
      'A client that speaks Chat Completions, Messages or Responses can use any model, whichever protocol its vendor ' +
      'speaks. Requests and answers are translated through one inner language; what a target cannot carry is named ' +
      'in a warning, never dropped in silence.',
    authors: 'Faregate',
    language: 'en',
    published_at: '2026-10-15T09:00:00Z',
  },
  {
    url: 'https://blog.faregate.example/why-gateways-need-rate-limits',
    title: 'Why a gateway needs rate limits',
    content:
      'A single key in a loop can spend a month of budget in an hour. Rate limits count requests, tokens and calls ' +
      'that run at the same time; whoever is over a limit is told when to come back. Budgets work beside them and ' +
      'count money by day, week or month.',
    authors: 'Faregate blog',
    language: 'en',
    published_at: '2026-09-02T09:00:00Z',
  },
  {
    url: 'https://faregate.example/de/abrechnung',
    title: 'Wie Faregate abrechnet',
    content:
      'Jeder Aufruf wird genau einmal abgerechnet. Guthaben wird vor dem Aufruf vorgemerkt und danach mit dem ' +
      'tatsächlichen Verbrauch verrechnet. Jede Zeile einer Abrechnung nennt Menge, Preis und gerundeten Betrag.',
    authors: 'Faregate',
    language: 'de',
    published_at: '2026-10-01T09:00:00Z',
  },
] as const;
