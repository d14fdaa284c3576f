// Steps on their way to the server, one after the other. A step stays in the browser's own store until the server has
// acknowledged it, so that a reload or a lost network loses none; and each carries a name of its own (`sent_as`), under
// which the server takes it once, however often it arrives. `seen` is the last step of the plan that this browser knows.
import { Kept } from "./kept.js";

const SLOWEST = 5_000;
const PATIENCE = 30_000;

export class Outbox extends EventTarget {
  constructor({ plan, person, csrf, addresses, version }) {
    super();
    Object.assign(this, { person, csrf, addresses, kept: new Kept(`gridcrm.plan.${person}.${plan}.`) });
    this.items = this.kept.read();
    this.seen = Math.min(version, ...this.items.map(({ seen }) => seen));
    this.state = "saved";
    this.wait = 1000;
    window.addEventListener("online", () => this.send());
    window.addEventListener("beforeunload", (event) => !this.isSafe && event.preventDefault());
  }

  get isEmpty() {
    return this.items.length === 0;
  }

  // Whether leaving the page loses nothing.
  get isSafe() {
    return this.isEmpty || this.kept.isWhole;
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

  // Signed in again, perhaps in another window: the token of a fresh page is as good as this page's was.
  async renew() {
    const page = await fetch(window.location.pathname).then((answer) => answer.text()).catch(() => "");
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("plan")?.dataset;
    if (fresh?.person === this.person) this.csrf = fresh.csrf;
    await this.send();
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
      const answer = await fetch(this.addresses[kind], { method: "POST", body: sent, headers, signal: AbortSignal.timeout(PATIENCE) });
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

  #keep() {
    for (const item of this.items) item.seen = this.seen;
    this.kept.write(this.items);
  }

  #drop(items) {
    const gone = new Set(items);
    this.kept.forget(items);
    this.items = this.items.filter((item) => !gone.has(item));
  }
}
