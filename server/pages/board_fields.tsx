/** Fields that several of the lists' forms have. */
import { printable } from "../../lib/core/text.ts";

/** For a name of somebody or something: no keyboard is to change what is typed. */
export function NameField(
  { label, name, value, required = false }: {
    label: string;
    name: string;
    value: string;
    required?: boolean;
  },
) {
  return (
    <label class="field">
      {label}
      <input
        type="text"
        name={name}
        value={printable(value, 128)}
        required={required}
        maxlength={64}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
      />
    </label>
  );
}

/** For several entries, one a line. @param text what an entry is */
export function LinesField(
  { label, name, value, text }: { label: string; name: string; value: string; text: string },
) {
  const described = `${name}-text`;
  return (
    <div>
      <label class="field">
        {label}
        <textarea
          name={name}
          rows={4}
          autocapitalize="none"
          spellcheck={false}
          aria-describedby={described}
        >
          {value.split("\n").map((line) => printable(line, 400)).join("\n")}
        </textarea>
      </label>
      <p class="note" id={described}>{text}</p>
    </div>
  );
}
