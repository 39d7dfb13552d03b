"""The checksums that several protocols share. Pure."""

_TOP, _BYTE = 0x80, 0xFF
_POLYNOMIAL = 0x07
_POLYNOMIAL_MAXIM = 0x8C  # 0x31, reflected
_TOP_16, _WORD, _POLYNOMIAL_CCITT = 0x8000, 0xFFFF, 0x1021


def _upwards(crc: int) -> int:
    for _ in range(8):
        crc = (crc << 1 ^ _POLYNOMIAL if crc & _TOP else crc << 1) & _BYTE
    return crc


def _downwards(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ _POLYNOMIAL_MAXIM if crc & 1 else crc >> 1
    return crc


# What one byte makes of the checksum so far.
_TABLE = bytes(map(_upwards, range(256)))
_TABLE_MAXIM = bytes(map(_downwards, range(256)))


def crc8(data: bytes) -> int:
    """Polynomial 07, begun with 0, most significant bit first (CRC-8/SMBUS)."""
    crc = 0
    for byte in data:
        crc = _TABLE[crc ^ byte]
    return crc


def crc8_maxim(data: bytes) -> int:
    """Polynomial 31, begun with 0, least significant bit first (CRC-8/MAXIM)."""
    crc = 0
    for byte in data:
        crc = _TABLE_MAXIM[crc ^ byte]
    return crc


def crc16_ccitt(data: bytes) -> int:
    """Polynomial 1021, begun with FFFF, most significant bit first."""
    crc = _WORD
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL_CCITT if crc & _TOP_16 else crc << 1) & _WORD
    return crc
