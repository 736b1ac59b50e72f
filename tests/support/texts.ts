/** Texts to try on a parser. */
import fc from "fast-check";

const unit = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc.integer({ min: 0, max: 0xffff }),
).map((code) => String.fromCharCode(code));

/** Any UTF-16: control characters, lone surrogates and all; half of it ASCII. */
export const anyText = (maxLength = 200): fc.Arbitrary<string> => fc.string({ unit, maxLength });
