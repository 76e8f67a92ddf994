import { Circuit } from './circuit.js';

it('opens after five failures in a row, then lets one try out a second, and closes at the first success', () => {
  const circuit = new Circuit();
  for (let failure = 0; failure < 5; failure++) {
    expect(circuit.admits(0)).toBe(true);
    circuit.failed(0);
  }
  expect(circuit.admits(999)).toBe(false);
  expect(circuit.admits(1_000)).toBe(true);
  expect(circuit.admits(1_000)).toBe(false);
  circuit.failed(1_200);
  expect(circuit.admits(1_999)).toBe(false);
  expect(circuit.admits(2_000)).toBe(true);
  circuit.succeeded();
  expect(circuit.admits(2_000)).toBe(true);
  expect(circuit.admits(2_000)).toBe(true);
});

it('forgets failures that a success came between', () => {
  const circuit = new Circuit();
  for (let failure = 0; failure < 4; failure++) circuit.failed(0);
  circuit.succeeded();
  circuit.failed(0);
  expect(circuit.admits(0)).toBe(true);
});
