"""With MAX_BUNDLE, aiortc keeps the ICE candidates of the last section; browsers list them in the first."""


def spread_candidates(sdp: str) -> str:
    """The same description with every candidate in every section (RFC 8843 makes them one transport)."""
    lines = sdp.replace("\r\n", "\n").split("\n")
    candidates = list(dict.fromkeys(line for line in lines if _is_candidate(line)))
    spread: list[str] = []
    for line in lines:
        if _is_candidate(line):
            continue
        spread.append(line)
        if line.startswith("a=ice-pwd:"):
            spread.extend(candidates)
    return "\r\n".join(spread)


def _is_candidate(line: str) -> bool:
    return line.startswith(("a=candidate:", "a=end-of-candidates"))
