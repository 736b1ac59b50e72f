export function runCommand(_: string[]): Promise<number> { return Promise.resolve(0); }
