// The one-time link: its secret, and what is derived from it. The secret never leaves this page.
// Derivation and proofs: docs/security.md, "Signalling".

const encoder = new TextEncoder();
const SALT = encoder.encode("telecabine/1");
const STORED_LINK = "telecabine.link";
const STORED_SEAT = "telecabine.seat";
const SECRET_BYTES = 32;

export class LinkError extends Error {}

export function toBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new LinkError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function defaultRelay(place) {
  const scheme = place.protocol === "http:" ? "ws:" : "wss:";
  return `${scheme}//${place.host}/signal`;
}

/** `#<secret>[~guest][@<base64url of the relay's address>]` to {secret, role, relay}; throws LinkError. */
export function parseFragment(fragment, place = location) {
  const [own, relayText] = fragment.replace(/^#/, "").split("@");
  const [secretText, role = "physician"] = own.split("~");
  try {
    if (!["physician", "guest"].includes(role)) throw new LinkError("no such role");
    const secret = fromBase64Url(secretText);
    if (secret.length !== SECRET_BYTES) throw new LinkError("wrong length");
    const relay = relayText ? new TextDecoder().decode(fromBase64Url(relayText)) : defaultRelay(place);
    if (!/^wss?:$/.test(new URL(relay).protocol)) throw new LinkError("not a relay");
    return { secret, role, relay };
  } catch (error) {
    throw new LinkError(error.message);
  }
}

/** The link of a guest: another secret and so another room, by the same page and relay. */
export function guestLink(secretText, relay, place = location) {
  const named = relay === defaultRelay(place) ? "" : `@${toBase64Url(encoder.encode(relay))}`;
  return `${place.origin}${place.pathname}#${secretText}~guest${named}`;
}

/** base64url of the SHA-256 of a token. */
export async function hashOf(token) {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(token))));
}

/** Takes the fragment out of the address bar; keeps it for this tab, so that a reload works. */
export function takeLink() {
  if (location.hash.length > 1) {
    sessionStorage.setItem(STORED_LINK, location.hash);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return parseFragment(sessionStorage.getItem(STORED_LINK) ?? "");
}

/** This tab's seat: the same one may come back, another one is refused by the relay and by the kiosk. */
export function takeSeat() {
  const kept = sessionStorage.getItem(STORED_SEAT);
  if (kept) return kept;
  const seat = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  sessionStorage.setItem(STORED_SEAT, seat);
  return seat;
}

async function expand(secret, info, length) {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: SALT, info: encoder.encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, length * 8));
}

function hmacKey(bytes) {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

/** {room, kiosk, physician}: where to meet, and one proof key for each side. */
export async function deriveKeys(secret) {
  const room = toBase64Url(await expand(secret, "room", 16));
  const kiosk = await hmacKey(await expand(secret, "kiosk", 32));
  const physician = await hmacKey(await expand(secret, "physician", 32));
  return { room, kiosk, physician };
}

function proofText({ type, kioskNonce = "", pageNonce = "", seat = "", body = "" }) {
  return encoder.encode(["telecabine/1", type, kioskNonce, pageNonce, seat, body].join("\n"));
}

export async function sign(key, claim) {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, proofText(claim))));
}

export async function verify(key, claim, mac) {
  if (typeof mac !== "string" || !/^[A-Za-z0-9_-]+$/.test(mac)) return false;
  return crypto.subtle.verify("HMAC", key, fromBase64Url(mac), proofText(claim));
}

function fingerprint(sdp) {
  const found = /a=fingerprint:sha-256 ([0-9A-Fa-f:]+)/.exec(sdp);
  if (!found) throw new LinkError("no fingerprint");
  return found[1].toUpperCase();
}

/** Four words that both screens show: they differ when somebody stands between. */
export async function fourWords(secret, localSdp, remoteSdp, list) {
  const both = [fingerprint(localSdp), fingerprint(remoteSdp)].sort().join("\n");
  return [...(await expand(secret, `words${both}`, 4))].map((index) => list[index]);
}
