/** The figures of a sample of measurements. */

export class Sample {
  readonly #values: number[] = [];

  constructor(values: readonly number[] = []) {
    this.#values.push(...values);
  }

  add(value: number): void {
    this.#values.push(value);
  }

  get min(): number {
    return this.quantile(0);
  }

  get median(): number {
    return this.quantile(0.5);
  }

  get p99(): number {
    return this.quantile(0.99);
  }

  get max(): number {
    return this.quantile(1);
  }

  /** The value below which that share of all lies, linear between neighbours; NaN when empty. */
  quantile(share: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? NaN;
    const high = sorted[Math.ceil(place)] ?? NaN;
    return low + (high - low) * (place - Math.floor(place));
  }

  /** "12.3 (11.0 … 15.1) ms" */
  in(unit: string): string {
    return `${digits(this.median)} (${digits(this.min)} … ${digits(this.max)}) ${unit}`;
  }
}

/** Three digits that count, thousands apart: 0.123, 12.3, 1,234. */
export function digits(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return Number(value.toFixed(decimals)).toLocaleString("en", { minimumFractionDigits: decimals });
}

/** "0.15 ×" */
export function ratio(ours: number, reference: number): string {
  return `${digits(ours / reference)} ×`;
}
