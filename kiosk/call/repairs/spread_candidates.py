"""With MAX_BUNDLE, aiortc keeps the ICE candidates of the last section; browsers list them in the first."""

_MOST, _NAMES_MOST = 40, 4


def spread_candidates(sdp: str) -> str:
    """The same description with every candidate in every section (RFC 8843 makes them one transport)."""
    lines = [*sdp.splitlines(), ""]
    candidates = _first(list(dict.fromkeys(line for line in lines if _is_candidate(line))))
    spread: list[str] = []
    for line in lines:
        if _is_candidate(line):
            continue
        spread.append(line)
        if line.startswith("a=ice-pwd:"):
            spread.extend(candidates)
    return "\r\n".join(spread)


def _first(candidates: list[str]) -> list[str]:
    """Each costs checks with all of ours, a name also a search of the network."""
    kept = [line for line in candidates if ".local " not in line][:_MOST]
    names = [line for line in candidates if ".local " in line][:_NAMES_MOST]
    return [line for line in candidates if line in kept or line in names]


def _is_candidate(line: str) -> bool:
    return line.startswith(("a=candidate:", "a=end-of-candidates"))
