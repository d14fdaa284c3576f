// Steps that the server has not acknowledged, in the browser's own store. Where that is full or forbidden they are only on
// this page, and `isWhole` is false until it takes them again.
export class Kept {
  constructor(prefix) {
    this.prefix = prefix;
    this.isWhole = true;
  }

  read() {
    return this.#tried(() => {
      const names = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
      return names.map((key) => JSON.parse(localStorage.getItem(key))).sort((one, other) => one.at - other.at);
    }) ?? [];
  }

  write(items) {
    this.isWhole = true;
    for (const item of items) this.#tried(() => localStorage.setItem(this.prefix + item.name, JSON.stringify(item)));
  }

  forget(items) {
    for (const { name } of items) this.#tried(() => localStorage.removeItem(this.prefix + name));
  }

  #tried(act) {
    try {
      return act();
    } catch {
      this.isWhole = false;
      return null;
    }
  }
}
