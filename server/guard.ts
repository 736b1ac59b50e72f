/** Every failure of a port becomes `Unavailable`, so that no caller can forget to treat it. */
import { Unavailable } from "./faults.ts";

/** The same object, its methods' errors and rejections wrapped. */
export function guard<T extends object>(port: T): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        try {
          const result: unknown = Reflect.apply(member, target, args);
          return result instanceof Promise ? result.catch(unavailable) : result;
        } catch (error) {
          return unavailable(error);
        }
      };
    },
  });
}

function unavailable(cause: unknown): never {
  throw new Unavailable(cause);
}
