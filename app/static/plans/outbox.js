// Steps on their way to the server, one after the other. A step stays in the browser's own store until the server has
// acknowledged it, so that a reload or a lost network loses none; and each carries a name of its own (`sent_as`), under
// which the server takes it once, however often it arrives. `seen` is the last step of the plan that this browser knows.
const SLOWEST = 15_000;

export class Outbox extends EventTarget {
  constructor({ plan, person, csrf, addresses, version }) {
    super();
    Object.assign(this, { csrf, addresses, prefix: `gridcrm.plan.${person}.${plan}.` });
    this.items = this.#kept();
    this.seen = Math.min(version, ...this.items.map(({ seen }) => seen));
    this.state = "saved";
    this.wait = 1000;
    window.addEventListener("online", () => this.send());
  }

  get isEmpty() {
    return this.items.length === 0;
  }

  // One more step; `kind` is the address it goes to, and what it is.
  add(kind, body = {}) {
    const at = Date.now();
    const name = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");
    this.items.push({ kind, body, at, name, seen: this.seen });
    this.#keep();
    this.send();
  }

  // Others have changed cells: steps that touch those would overwrite what nobody here has seen. They are taken out.
  overtaken(keys, version) {
    const strange = new Set(keys);
    const lost = this.items.filter(({ body }) => body.cells?.some((key) => strange.has(key)));
    this.#drop(lost);
    this.know(version);
    return lost;
  }

  know(version) {
    this.seen = version;
    this.#keep();
  }

  // Forget what could not be sent.
  discard() {
    this.#drop(this.items.slice());
    this.#say("saved");
  }

  async send() {
    if (this.isSending) return;
    clearTimeout(this.again);
    this.isSending = true;
    try {
      while (this.items.length) if (!(await this.#sendFirst())) break;
    } finally {
      this.isSending = false;
    }
  }

  async #sendFirst() {
    const item = this.items[0];
    this.#say("saving");
    const answer = await this.#post(item);
    if (!answer) return false;
    this.wait = 1000;
    const { said, ok } = answer;
    this.#drop([item]);
    if (!ok) this.#drop(this.items.filter((later) => ["undo", "redo"].includes(later.kind) || later.body.cells?.some((key) => item.body.cells?.includes(key))));
    if (this.isEmpty) this.#say("saved");
    this.dispatchEvent(new CustomEvent(ok ? "taken" : "refused", { detail: { item, said } }));
    return true;
  }

  // The server's word on a step; null where there was none, and it is to be sent again.
  async #post({ kind, body, name }) {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrf };
    try {
      const sent = JSON.stringify({ kind, ...body, seen: this.seen, sent_as: name });
      const answer = await fetch(this.addresses[kind], { method: "POST", body: sent, headers });
      if (answer.redirected || [400, 401, 403].includes(answer.status)) {
        const said = await answer.json().catch(() => ({}));
        if (!answer.redirected && said.version !== undefined) return { ok: false, said };
        this.#say("closed");
        return null;
      }
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      return { ok: answer.ok, said: await answer.json() };
    } catch {
      this.#say("unsaved");
      this.again = setTimeout(() => this.send(), this.wait);
      this.wait = Math.min(this.wait * 2, SLOWEST);
      return null;
    }
  }

  #say(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #kept() {
    const names = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return names.map((key) => JSON.parse(localStorage.getItem(key))).sort((one, other) => one.at - other.at);
  }

  #keep() {
    for (const item of this.items) {
      item.seen = this.seen;
      localStorage.setItem(this.prefix + item.name, JSON.stringify(item));
    }
  }

  #drop(items) {
    const gone = new Set(items);
    for (const { name } of items) localStorage.removeItem(this.prefix + name);
    this.items = this.items.filter((item) => !gone.has(item));
  }
}
