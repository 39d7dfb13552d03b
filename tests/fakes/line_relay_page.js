// Put into a page before its own scripts: every peer is reached through the simulated line, and can only
// answer through it. `lineRelayPort(host, port)` is given by the test: the line's port for that address.
// Works on descriptions as the page hands them over: a proof over them has been checked, or is made later.
(() => {
  const CANDIDATE = /^(a=)?candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ (\S+)(.*)$/i;
  const NOWHERE = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host";
  const lines = (sdp) => sdp.split(/\r?\n/).filter((line) => line !== "");
  const joined = (parts) => parts.map((part) => `${part}\r\n`).join("");
  const isCandidate = (line) => line.startsWith("a=candidate:");
  const relayed = (line) => CANDIDATE.exec(line)?.[8] === "relay";

  /** 127.0.0.1 alone where it is offered (all host candidates lead to the same peer); never TCP or IPv6. */
  const usable = (candidates) => {
    const ipv4 = candidates.filter((line) => CANDIDATE.exec(line)?.[4].toLowerCase() === "udp"
      && !CANDIDATE.exec(line)[6].includes(":"));
    const local = ipv4.filter((line) => CANDIDATE.exec(line)[6] === "127.0.0.1");
    return local.length ? local : ipv4;
  };

  const diverted = async (line) => {
    const [, a = "", foundation, component, protocol, priority, host, port] = CANDIDATE.exec(line);
    const through = await lineRelayPort(host, Number(port));
    return `${a}candidate:${foundation} ${component} ${protocol} ${priority} 127.0.0.1 ${through} typ host`;
  };

  const divert = async (sdp) => {
    const all = lines(sdp);
    const kept = new Set(usable(all.filter((line) => isCandidate(line) && !relayed(line))));
    const parts = [];
    for (const line of all) {
      if (!isCandidate(line) || relayed(line)) parts.push(line);
      else if (kept.has(line)) parts.push(await diverted(line));
    }
    return joined(parts);
  };

  const hide = (sdp) => {
    const parts = lines(sdp).filter((line) => !isCandidate(line) || relayed(line));
    const first = parts.findIndex((line) => line.startsWith("a=ice-ufrag:"));
    if (first >= 0 && !parts.some(isCandidate)) parts.splice(first, 0, NOWHERE);
    return joined(parts);
  };

  const prototype = RTCPeerConnection.prototype;
  const setRemote = prototype.setRemoteDescription;
  prototype.setRemoteDescription = async function ({ type, sdp }) {
    return setRemote.call(this, { type, sdp: await divert(sdp) });
  };
  const addCandidate = prototype.addIceCandidate;
  prototype.addIceCandidate = async function (given) {
    if (!given?.candidate || relayed(given.candidate)) return addCandidate.call(this, given);
    if (!usable([given.candidate]).length) return undefined;
    return addCandidate.call(this, { ...given, candidate: await diverted(given.candidate) });
  };
  const { get } = Object.getOwnPropertyDescriptor(prototype, "localDescription");
  Object.defineProperty(prototype, "localDescription", {
    configurable: true,
    get() {
      const own = get.call(this);
      return own && new RTCSessionDescription({ type: own.type, sdp: hide(own.sdp) });
    },
  });
})();
