// The one place where an address of our own script is handed to the browser to be run (Trusted Types).
// The portal's policy allows a single policy, "page", and this one lets through the workers listed here, nothing else.

const WORKERS = ['hash-worker.js', 'work-worker.js'];
const allowed = new Map(WORKERS.map((name) => [name, new URL(name, import.meta.url).href]));

const policy = globalThis.trustedTypes?.createPolicy('page', {
  createScriptURL(address) {
    if ([...allowed.values()].includes(address)) return address;
    throw new TypeError('no worker of ours');
  },
});

/** What `new Worker` takes for the worker of that name, in the folder of this module. Throws TypeError for any other. */
export function workerURL(name) {
  const address = allowed.get(name);
  if (!address) throw new TypeError('no worker of ours');
  return policy ? policy.createScriptURL(address) : address;
}
