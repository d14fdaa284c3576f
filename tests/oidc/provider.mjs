// A real OpenID Connect provider for the tests: one client, and whoever types a login is that person.
// node tests/oidc/provider.mjs PORT REDIRECT_URI CLIENT_ID CLIENT_SECRET; it prints "ready" when it listens.
import Provider from "oidc-provider";

const [port, redirectUri, clientId, clientSecret] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["only for tests on loopback"] },
  findAccount: (_context, login) => ({
    accountId: login,
    claims: () => ({ sub: login, name: login, preferred_username: login }),
  }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
