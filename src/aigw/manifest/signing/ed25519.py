"""Verify Ed25519 signatures (RFC 8032, 5.1.7) in pure Python, for machines without the package `cryptography`.

Strict: the scalar S is below the group's order, the points A and R are in their canonical encoding, and a key of small
order, for which one signature fits many messages, is refused. The equation is the one without the cofactor, as OpenSSL
checks it, so both verifiers accept the same signatures. Only public data passes here: nothing runs in constant time,
and nothing here signs. A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, T = XY/Z (RFC 8032, 5.1.4).
"""

import hashlib
from functools import cache
from typing import Final, TypeAlias

__all__ = ["KEY_BYTES", "SIGNATURE_BYTES", "is_key", "is_strict", "verify"]

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_Point: TypeAlias = tuple[int, int, int, int]
_Addend: TypeAlias = tuple[int, int, int, int]

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SQRT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)
_SIGN: Final = 1 << 255
_B: Final = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)
_OF_EIGHTH_ORDER: Final = 55188659117513257062467267217118295137698188065244968500265048394206261417927
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _OF_EIGHTH_ORDER, _P - _OF_EIGHTH_ORDER})
"""The y of every point whose order divides eight (RFC 7748, 4.1 has the curve; its cofactor is eight)."""

_NEUTRAL: Final[_Point] = (0, 1, 1, 0)
_KEY_WINDOW: Final = 5
_BASE_WINDOW: Final = 8


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* (64 bytes) of *message* is by the key *public* (32 bytes). Never raises for bytes."""
    if not is_strict(public, signature):
        return False
    point = _point(public)
    if point is None:
        return False
    x, y = point
    minus = _P - x
    hashed = hashlib.sha512(signature[:KEY_BYTES] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % _L
    scalar = int.from_bytes(signature[KEY_BYTES:], "little")
    return signature[:KEY_BYTES] == _encoded(_combined(scalar, challenge, (minus, y, 1, minus * y % _P)))


def is_strict(public: bytes, signature: bytes) -> bool:
    """Whether both have the form RFC 8032 demands: what a verifier has to refuse before it computes anything.

    Lengths; S below the order; A and R canonical, that is y < p and no sign on x = 0; A not of small order.
    """
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    scalar = int.from_bytes(signature[KEY_BYTES:], "little")
    return scalar < _L and _is_canonical(signature[:KEY_BYTES]) and is_key(public)


def is_key(public: bytes) -> bool:
    """Whether *public* has the form of a key: 32 bytes, canonical, not of small order. It may yet be off the curve."""
    return (
        len(public) == KEY_BYTES
        and _is_canonical(public)
        and int.from_bytes(public, "little") & ~_SIGN not in _SMALL_ORDER
    )


def _is_canonical(encoded: bytes) -> bool:
    number = int.from_bytes(encoded, "little")
    y = number & ~_SIGN
    return y < _P and not (number & _SIGN and y in {1, _P - 1})


def _point(encoded: bytes) -> tuple[int, int] | None:
    """Give the point that *encoded*, which is canonical, stands for (RFC 8032, 5.1.3); None where there is none."""
    number = int.from_bytes(encoded, "little")
    y = number & ~_SIGN
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _SQRT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P:
        return None
    return (_P - x if x & 1 != number >> 255 else x), y


def _encoded(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(KEY_BYTES, "little")


def _combined(scalar: int, challenge: int, point: _Point) -> _Point:
    """Give scalar·B + challenge·*point*, both in one run of doublings."""
    base, own = _base_multiples(), _odd_multiples(point, _KEY_WINDOW)
    ones, others = _digits(scalar, _BASE_WINDOW), _digits(challenge, _KEY_WINDOW)
    total = _NEUTRAL
    for at in range(max(len(ones), len(others)) - 1, -1, -1):
        total = _doubled(total)
        if at < len(ones) and (digit := ones[at]):
            total = _added(total, base[abs(digit) >> 1], digit)
        if at < len(others) and (digit := others[at]):
            total = _added(total, own[abs(digit) >> 1], digit)
    return total


def _digits(number: int, window: int) -> list[int]:
    """Write *number* by odd digits between -2^(window-1) and 2^(window-1), zeros between them, the lowest first."""
    digits: list[int] = []
    full, half = 1 << window, 1 << (window - 1)
    while number:
        digit = 0
        if number & 1:
            digit = number & (full - 1)
            digit -= full if digit >= half else 0
            number -= digit
        digits.append(digit)
        number >>= 1
    return digits


@cache
def _base_multiples() -> tuple[_Addend, ...]:
    x, y = _B
    return _odd_multiples((x, y, 1, x * y % _P), _BASE_WINDOW)


def _odd_multiples(point: _Point, window: int) -> tuple[_Addend, ...]:
    """Give 1, 3, 5 … times *point*, each in the form that `_added` takes."""
    twice = _addend(_doubled(point))
    found = [point]
    while len(found) < 1 << (window - 2):
        found.append(_added(found[-1], twice, 1))
    return tuple(map(_addend, found))


def _addend(point: _Point) -> _Addend:
    x, y, z, t = point
    return (y - x) % _P, (y + x) % _P, 2 * z % _P, 2 * _D * t % _P


def _added(point: _Point, addend: _Addend, sign: int) -> _Point:
    """Add *addend*, or subtract it where *sign* is negative (RFC 8032, 5.1.4: complete, so no case is special)."""
    x, y, z, t = point
    less, more, twice_z, dt = addend
    if sign < 0:
        less, more, dt = more, less, -dt
    a, b = (y - x) * less % _P, (y + x) * more % _P
    c, d = t * dt % _P, z * twice_z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _doubled(point: _Point) -> _Point:
    x, y, z, _ = point
    a, b = x * x % _P, y * y % _P
    h = a + b
    e = h - (x + y) ** 2 % _P
    g = a - b
    f = (2 * z * z + g) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P
