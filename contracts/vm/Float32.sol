// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "./Bits.sol";

/// @title IEEE-754 binary32 arithmetic, the twin of `packages/vm/src/float32.ts`: every function gives the same bits there.
/// @notice A value is its bit pattern in the low 32 bits of a word; higher bits of an argument are ignored, of a result
///         zero. Rounding is to nearest, ties to even; subnormals are kept; every NaN result is the one NaN, 0x7fc00000
///         (0x7e00 as binary16, 0x7fc0 as bfloat16). Every function is total: none reverts.
/// @dev Unpacked, a finite magnitude is `significand × 2^(exponent - 149)`. The significand carries the hidden bit of a
///      normal value, and the exponent is the biased field less one (0 for subnormal values too), so that
///      `pattern = (exponent << 23) + significand` for all of them, and a rounding carry lands in the exponent by itself.
///      Each operation is: unpack, specials, an exact result in 256-bit integers, `_pack`, which alone rounds.
library Float32 {
    /// @dev The one NaN of each format.
    uint256 private constant NAN = 0x7fc00000;
    uint256 private constant HALF_NAN = 0x7e00;
    uint256 private constant BFLOAT16_NAN = 0x7fc0;

    uint256 private constant WORD = 0xffffffff;
    uint256 private constant SIGN = 0x80000000;
    uint256 private constant MAGNITUDE = 0x7fffffff;
    uint256 private constant INFINITY = 0x7f800000;
    /// @dev Greatest finite magnitude.
    uint256 private constant GREATEST = 0x7f7fffff;
    uint256 private constant ONE = 0x3f800000;
    uint256 private constant HALF = 0x3f000000;
    /// @dev Greatest pattern with exponent field 0.
    uint256 private constant GREATEST_SUBNORMAL = 0x007fffff;
    /// @dev 2^23: from here on every value is an integer.
    uint256 private constant INTEGRAL = 0x4b000000;

    // ---------------------------------------------------------------- arithmetic

    /// @notice `a` itself, a NaN made canonical.
    function canonical(uint256 a) internal pure returns (uint256) {
        return _isNaN(a) ? NAN : a & WORD;
    }

    /// @notice a + b.
    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            // Both terms are placed on one grid of 2^(grid - 149). At grid 0 their sum is exact. Terms too large for it
            // take grid 64; what then falls off the grid is under 2^-100 of a value that is one of the terms.
            uint256 grid = 0;
            if (_bit(x > 0x73ffffff) | _bit(y > 0x73ffffff) != 0) {
                if (_bit(x > GREATEST) | _bit(y > GREATEST) != 0) return _addSpecial(a, b);
                grid = 64;
            }
            uint256 exponent = (x >> 23) - _bit(x > GREATEST_SUBNORMAL);
            x = (x - (exponent << 23)) << (exponent - grid);
            exponent = (y >> 23) - _bit(y > GREATEST_SUBNORMAL);
            y = (y - (exponent << 23)) << (exponent - grid);

            if ((a ^ b) & SIGN == 0) return _pack(a & SIGN, grid, x + y);
            if (x > y) return _pack(a & SIGN, grid, x - y);
            if (x < y) return _pack(b & SIGN, grid, y - x);
            return 0;
        }
    }

    /// @notice a - b.
    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        return add(a, b ^ SIGN);
    }

    /// @notice a × b.
    function mul(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            uint256 sign = (a ^ b) & SIGN;
            if (_bit(x > GREATEST) | _bit(y > GREATEST) != 0) return _mulSpecial(x, y, sign);
            uint256 exponentX = (x >> 23) - _bit(x > GREATEST_SUBNORMAL);
            uint256 exponentY = (y >> 23) - _bit(y > GREATEST_SUBNORMAL);
            uint256 product = (x - (exponentX << 23)) * (y - (exponentY << 23));
            if (product == 0) return sign;
            return _pack(sign, exponentX + exponentY - 149, product);
        }
    }

    /// @notice a ÷ b.
    function div(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            uint256 sign = (a ^ b) & SIGN;
            if (_bit(x > GREATEST) | _bit(y > GREATEST) | _bit(x == 0) | _bit(y == 0) != 0) {
                return _divSpecial(x, y, sign);
            }
            uint256 exponentX = (x >> 23) - _bit(x > GREATEST_SUBNORMAL);
            uint256 exponentY = (y >> 23) - _bit(y > GREATEST_SUBNORMAL);
            x = (x - (exponentX << 23)) << 200;
            y = y - (exponentY << 23);
            // The last bit stands for a remainder, if there is one.
            return _pack(sign, exponentX - exponentY - 52, ((x / y) << 1) | _bit(x % y != 0));
        }
    }

    /// @notice a × b + c, rounded once.
    function fma(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            uint256 z = c & MAGNITUDE;
            if (_bit(x > GREATEST) | _bit(y > GREATEST) | _bit(z > GREATEST) != 0) return _fmaSpecial(a, b, c);
            uint256 grid;
            {
                uint256 exponentX = (x >> 23) - _bit(x > GREATEST_SUBNORMAL);
                uint256 exponentY = (y >> 23) - _bit(y > GREATEST_SUBNORMAL);
                // The product stands 104 places above the grid, the addend `up` places.
                x = ((x - (exponentX << 23)) * (y - (exponentY << 23))) << 104;
                grid = exponentX + exponentY - 253;
            }
            {
                uint256 exponentZ = (z >> 23) - _bit(z > GREATEST_SUBNORMAL);
                uint256 up = exponentZ - grid;
                if (up > 230) {
                    if (int256(up) < 0) {
                        // Far below the product's last bit the addend only tells on which side the sum lies.
                        up = 0;
                    } else {
                        // The product is far below the last bit of the addend, which is a value already.
                        up = 230;
                        grid = exponentZ - 230;
                    }
                }
                z = (z - (exponentZ << 23)) << up;
            }
            uint256 sign = c & SIGN;
            if ((a ^ b ^ c) & SIGN == 0) return _pack(sign, grid, x + z);
            if (x > z) return _pack(sign ^ SIGN, grid, x - z);
            if (x < z) return _pack(sign, grid, z - x);
            return 0;
        }
    }

    /// @notice Square root of a; NaN below -0.
    function sqrt(uint256 a) internal pure returns (uint256) {
        unchecked {
            a &= WORD;
            if (a - 1 > GREATEST - 1) {
                if (a & MAGNITUDE == 0 || a == INFINITY) return a;
                return NAN;
            }
            uint256 exponent = (a >> 23) - _bit(a > GREATEST_SUBNORMAL);
            uint256 x = a - (exponent << 23);
            if (x < 0x800000) {
                uint256 up = Bits.clz(x) - 232;
                x <<= up;
                exponent -= up;
            }
            // The exponent made even: x is in [1, 4), with 23 fractional bits.
            x <<= exponent & 1;
            // The line of least relative error over that range, 3 %, with 63 fractional bits.
            uint256 y = (x + 0x1000000) * 0x57d8666031;
            // Newton's steps leave 4e-4, 1e-7, 4e-15, 1e-29.
            x <<= 103;
            y = (y + x / y) >> 1;
            y = (y + x / y) >> 1;
            y = (y + x / y) >> 1;
            y = (y + x / y) >> 1;
            // No root of a binary32 is halfway between two, nor nearer than 2^-51 of itself to such a place.
            return (((exponent + 126) >> 1) << 23) + ((y + 0x8000000000) >> 40);
        }
    }

    // ---------------------------------------------------------------- choice and order

    /// @notice IEEE-754-2019 minimum: NaN wins, -0 < +0.
    function minimum(uint256 a, uint256 b) internal pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        return (_order(a) < _order(b) ? a : b) & WORD;
    }

    /// @notice IEEE-754-2019 maximum: NaN wins, -0 < +0.
    function maximum(uint256 a, uint256 b) internal pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        return (_order(a) < _order(b) ? b : a) & WORD;
    }

    /// @notice a = b: false with a NaN, true for the two zeros.
    function eq(uint256 a, uint256 b) internal pure returns (bool) {
        if (_isNaN(a) || _isNaN(b)) return false;
        return (a ^ b) & WORD == 0 || (a | b) & MAGNITUDE == 0;
    }

    /// @notice a < b: false with a NaN.
    function lt(uint256 a, uint256 b) internal pure returns (bool) {
        if (_isNaN(a) || _isNaN(b)) return false;
        return _order(a) < _order(b) && (a | b) & MAGNITUDE != 0;
    }

    /// @notice a ≤ b: false with a NaN.
    function le(uint256 a, uint256 b) internal pure returns (bool) {
        if (_isNaN(a) || _isNaN(b)) return false;
        return _order(a) <= _order(b) || (a | b) & MAGNITUDE == 0;
    }

    // ---------------------------------------------------------------- sign

    /// @notice `a` with its sign inverted; NaN stays NaN.
    function neg(uint256 a) internal pure returns (uint256) {
        return _isNaN(a) ? NAN : (a ^ SIGN) & WORD;
    }

    /// @notice `a` with its sign cleared; NaN stays NaN.
    function abs(uint256 a) internal pure returns (uint256) {
        return _isNaN(a) ? NAN : a & MAGNITUDE;
    }

    // ---------------------------------------------------------------- rounding to an integer

    /// @notice `a` rounded to an integer, downward; a result of zero keeps the sign of `a`.
    function floor(uint256 a) internal pure returns (uint256) {
        return _roundAway(a, a & SIGN != 0);
    }

    /// @notice `a` rounded to an integer, upward; a result of zero keeps the sign of `a`.
    function ceil(uint256 a) internal pure returns (uint256) {
        return _roundAway(a, a & SIGN == 0);
    }

    /// @notice `a` rounded to an integer, toward zero; a result of zero keeps the sign of `a`.
    function trunc(uint256 a) internal pure returns (uint256) {
        return _roundAway(a, false);
    }

    /// @notice `a` rounded to the nearest integer, ties to even; a result of zero keeps the sign of `a`.
    function roundEven(uint256 a) internal pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 sign = a & SIGN;
            if (x >= INTEGRAL) return canonical(a);
            if (x < ONE) return x > HALF ? sign | ONE : sign;
            // Of a value from 1 on, the last `places` bits of the pattern are its fraction; a carry is a carry in value,
            // and the bit above is the integer's last (for 1 ≤ x < 2 the exponent's last, which is 1 like the hidden bit).
            uint256 places = 150 - (x >> 23);
            return sign | (_roundOff(x, places) << places);
        }
    }

    // ---------------------------------------------------------------- integers

    /// @notice The low 64 bits of `x` as a signed integer, rounded to binary32.
    function fromInt64(uint256 x) internal pure returns (uint256) {
        unchecked {
            return x & 0x8000000000000000 == 0 ? fromUint64(x) : SIGN | fromUint64(0 - x);
        }
    }

    /// @notice The low 64 bits of `x` as an unsigned integer, rounded to binary32.
    function fromUint64(uint256 x) internal pure returns (uint256) {
        x &= type(uint64).max;
        return x == 0 ? 0 : _pack(0, 149, x);
    }

    /// @notice `a` truncated and saturated to int8, in two's complement of 64 bits; NaN gives 0.
    function toInt8(uint256 a) internal pure returns (uint256) {
        return _toInt(a, 0x80);
    }

    /// @notice `a` truncated and saturated to int16, in two's complement of 64 bits; NaN gives 0.
    function toInt16(uint256 a) internal pure returns (uint256) {
        return _toInt(a, 0x8000);
    }

    /// @notice `a` truncated and saturated to int32, in two's complement of 64 bits; NaN gives 0.
    function toInt32(uint256 a) internal pure returns (uint256) {
        return _toInt(a, 0x80000000);
    }

    /// @notice `a` truncated and saturated to int64, in two's complement of 64 bits; NaN gives 0.
    function toInt64(uint256 a) internal pure returns (uint256) {
        return _toInt(a, 0x8000000000000000);
    }

    /// @notice `a` truncated and saturated to uint8; NaN gives 0.
    function toUint8(uint256 a) internal pure returns (uint256) {
        return _toUint(a, type(uint8).max);
    }

    /// @notice `a` truncated and saturated to uint16; NaN gives 0.
    function toUint16(uint256 a) internal pure returns (uint256) {
        return _toUint(a, type(uint16).max);
    }

    /// @notice `a` truncated and saturated to uint32; NaN gives 0.
    function toUint32(uint256 a) internal pure returns (uint256) {
        return _toUint(a, type(uint32).max);
    }

    /// @notice `a` truncated and saturated to uint64; NaN gives 0.
    function toUint64(uint256 a) internal pure returns (uint256) {
        return _toUint(a, type(uint64).max);
    }

    // ---------------------------------------------------------------- narrower formats

    /// @notice The low 16 bits of `h`, a binary16, widened to binary32.
    function fromHalf(uint256 h) internal pure returns (uint256) {
        unchecked {
            uint256 sign = (h & 0x8000) << 16;
            uint256 x = h & 0x7fff;
            if (x >= 0x7c00) return x == 0x7c00 ? sign | INFINITY : NAN;
            // Below the least normal, 0x400, a pattern counts units of 2^-24.
            if (x < 0x400) return x == 0 ? sign : _pack(sign, 125, x);
            // The exponent biases are 15 and 127.
            return sign | ((x << 13) + (112 << 23));
        }
    }

    /// @notice `a` rounded to binary16.
    function toHalf(uint256 a) internal pure returns (uint256) {
        unchecked {
            uint256 sign = (a & SIGN) >> 16;
            uint256 x = a & MAGNITUDE;
            if (x > INFINITY) return HALF_NAN;
            // 65520, halfway between the greatest binary16 and 2^16, rounds to infinity, and so does all above.
            if (x >= 0x477ff000) return sign | 0x7c00;
            // From 2^-14 on the result is normal.
            if (x >= 0x38800000) return sign | (_roundOff(x, 13) - (112 << 10));
            // Below, it counts units of 2^-24; a carry into the least normal is already its pattern.
            uint256 exponent = (x >> 23) - _bit(x > GREATEST_SUBNORMAL);
            x -= exponent << 23;
            return sign | _roundOff(x, 125 - exponent);
        }
    }

    /// @notice The low 16 bits of `b`, a bfloat16, widened to binary32.
    function fromBfloat16(uint256 b) internal pure returns (uint256) {
        return canonical(b << 16);
    }

    /// @notice `a` rounded to bfloat16.
    function toBfloat16(uint256 a) internal pure returns (uint256) {
        return _isNaN(a) ? BFLOAT16_NAN : _roundOff(a & WORD, 16);
    }

    // ---------------------------------------------------------------- specials

    /// @dev a + b where one is infinite or NaN.
    function _addSpecial(uint256 a, uint256 b) private pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        if (a & MAGNITUDE != INFINITY) return b & WORD;
        if (b & MAGNITUDE != INFINITY) return a & WORD;
        return (a ^ b) & SIGN == 0 ? a & WORD : NAN;
    }

    /// @dev The product of magnitudes x and y, one of them infinite or NaN, with the sign given.
    function _mulSpecial(uint256 x, uint256 y, uint256 sign) private pure returns (uint256) {
        if (x > INFINITY || y > INFINITY || x == 0 || y == 0) return NAN;
        return sign | INFINITY;
    }

    /// @dev The quotient of magnitudes x and y, one of them infinite, NaN or zero, with the sign given.
    function _divSpecial(uint256 x, uint256 y, uint256 sign) private pure returns (uint256) {
        if (x > INFINITY || y > INFINITY) return NAN;
        if (x == INFINITY) return y == INFINITY ? NAN : sign | INFINITY;
        if (y == 0) return x == 0 ? NAN : sign | INFINITY;
        return sign;
    }

    /// @dev a × b + c where one is infinite or NaN.
    function _fmaSpecial(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        uint256 x = a & MAGNITUDE;
        uint256 y = b & MAGNITUDE;
        // A finite product does not change what infinity or NaN it is added to.
        if (x <= GREATEST && y <= GREATEST) return canonical(c);
        return _addSpecial(_mulSpecial(x, y, (a ^ b) & SIGN), c);
    }

    function _isNaN(uint256 a) private pure returns (bool) {
        return a & MAGNITUDE > INFINITY;
    }

    // ---------------------------------------------------------------- rounding

    /// @dev The one place where results are rounded to binary32: `significand × 2^(exponent - 149)` with the sign given,
    ///      0 ≤ significand < 2^255, exponent in two's complement. A zero significand needs exponent < 24.
    function _pack(uint256 sign, uint256 exponent, uint256 significand) private pure returns (uint256) {
        unchecked {
            uint256 zeros = Bits.clz(significand);
            // The leading bit moves to place 254, the result's last to place 231.
            exponent += 232 - zeros;
            significand <<= zeros - 1;
            if (exponent < 254) return sign | ((exponent << 23) + _roundOff(significand, 231));
            // Subnormal: the result's last bit stands for 2^-149, so more is rounded off.
            if (int256(exponent) < 0)
                return sign | _roundOff(significand, int256(exponent) < -25 ? 256 : 231 - exponent);
            return sign | INFINITY;
        }
    }

    /// @dev x ÷ 2^places rounded to nearest, ties to even; 1 ≤ places ≤ 256, x < 2^255.
    function _roundOff(uint256 x, uint256 places) private pure returns (uint256) {
        unchecked {
            return (x + ((1 << (places - 1)) - 1) + ((x >> places) & 1)) >> places;
        }
    }

    /// @dev `a` rounded to an integer, magnitudes up where `away`, else down.
    function _roundAway(uint256 a, bool away) private pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 sign = a & SIGN;
            if (x >= INTEGRAL) return canonical(a);
            if (x < ONE) return away && x != 0 ? sign | ONE : sign;
            // From 1 on the last bits of the pattern are the fraction; a carry out of them is a carry in value.
            uint256 fraction = (1 << (150 - (x >> 23))) - 1;
            if (away) x += fraction;
            return sign | (x & ~fraction);
        }
    }

    /// @dev `a` truncated and saturated to [-limit, limit), limit a power of two up to 2^63.
    function _toInt(uint256 a, uint256 limit) private pure returns (uint256) {
        unchecked {
            if (a & SIGN == 0) return _toMagnitude(a, limit - 1);
            return (0 - _toMagnitude(a, limit)) & type(uint64).max;
        }
    }

    /// @dev `a` truncated and saturated to [0, greatest].
    function _toUint(uint256 a, uint256 greatest) private pure returns (uint256) {
        return a & SIGN == 0 ? _toMagnitude(a, greatest) : 0;
    }

    /// @dev The magnitude of `a`, truncated, at most `greatest`, which is under 2^65; NaN gives 0.
    function _toMagnitude(uint256 a, uint256 greatest) private pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            if (x < ONE || x > INFINITY) return 0;
            // 2^65 and more.
            if (x >= 0x60000000) return greatest;
            uint256 magnitude = (((x & 0x7fffff) | 0x800000) << ((x >> 23) - 127)) >> 23;
            return magnitude < greatest ? magnitude : greatest;
        }
    }

    /// @dev A number that orders patterns like their values, -0 below +0; not for NaNs.
    function _order(uint256 a) private pure returns (int256 order) {
        assembly ("memory-safe") {
            order := signextend(3, a)
            order := xor(order, and(sar(255, order), MAGNITUDE))
        }
    }

    function _bit(bool condition) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := condition
        }
    }
}
