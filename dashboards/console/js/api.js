// The JSON API (engine/docs/admin-api.md). A token, where one is needed, lives in this tab only.

const KEY = "cartwheel-token";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const setToken = (token) => sessionStorage.setItem(KEY, token);

async function request(path, signal) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(`/api/v1/${path}`, { headers, signal });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Refused(response.status, body?.error?.message ?? response.statusText);
}

/** The answer to `GET /api/v1/path`. */
export const get = async (path) => (await request(path)).json();

/** The same where it is text. */
export const getText = async (path) => (await request(path)).text();

/** Calls `onEvent(name, data)` for every server-sent event until the stream ends. `fetch`, because `EventSource` cannot send a token. */
export async function stream(onEvent) {
  const response = await request("stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const field = (name) => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined) onEvent(field("event"), JSON.parse(data));
    }
  }
}
