// When an offer is complete enough to go: the kiosk takes no candidate after it, and a dead server costs seconds.

const LIMIT_MS = 1000;
const PATIENT_MS = 5000; // where nothing but a relay is allowed, and that is far away
const QUIET_MS = 100; // candidates of one network come together

const isRelay = (candidate) => candidate.type === "relay";
const isDirect = (candidate) => candidate.type === "host" || candidate.type === "srflx";

/** Whether these candidates can be offered now: one that reaches out, and one of a relay where there are relays. */
export function enough(candidates, { ice, relay_only: relayOnly }) {
  if (ice.length === 0) return candidates.some(isDirect);
  return candidates.some(isRelay) && (relayOnly || candidates.some(isDirect));
}

/** Resolves when gathering is complete, or enough is there and quiet has come, or after a second; without it no call
 * is possible: then after five. */
export function gathered(connection, servers) {
  return new Promise((resolve) => {
    const candidates = [];
    let quiet;
    const possible = () => !servers.relay_only || candidates.some(isRelay);
    let limit = setTimeout(() => {
      limit = setTimeout(done, possible() ? 0 : PATIENT_MS - LIMIT_MS);
    }, LIMIT_MS);
    function done() {
      clearTimeout(limit);
      clearTimeout(quiet);
      connection.removeEventListener("icecandidate", found);
      connection.removeEventListener("icegatheringstatechange", complete);
      resolve();
    }
    function found({ candidate }) {
      if (candidate?.candidate) candidates.push(candidate);
      clearTimeout(quiet);
      if (enough(candidates, servers)) quiet = setTimeout(done, QUIET_MS);
    }
    function complete() {
      if (connection.iceGatheringState === "complete") done();
    }
    connection.addEventListener("icecandidate", found);
    connection.addEventListener("icegatheringstatechange", complete);
    complete();
  });
}
