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
