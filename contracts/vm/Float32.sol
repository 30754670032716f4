// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "./Bits.sol";

/// @title IEEE-754 binary32 arithmetic, the twin of `packages/vm/src/float32.ts`, where every function gives the same.
/// @notice A value is its bit pattern in the low 32 bits of a word; higher bits of an argument are ignored, of a result
///         zero. Rounding is to nearest, ties to even; subnormals are kept; every NaN result is the one NaN, 0x7fc00000
///         (0x7e00 as binary16, 0x7fc0 as bfloat16). Every function is total: none reverts.
/// @dev Each operation is: unpack, specials, an exact core in 256-bit integers, one rounding.
///      Unpacked, a finite magnitude is `significand × 2^(field - 150)`, where the field is the pattern's exponent
///      field (1 for zeros and subnormal values) and the significand carries the hidden bit of a normal value. Patterns
///      grow with values, so a result is `((field - 1) << 23) + significand`, and a carry of the rounding lands in the
///      field by itself.
///      The ordinary case comes first and inline; `…Rare`, `…Large`, `…Special` and `…Edge` take the others.
library Float32 {
    /// @dev The one NaN, of binary32 and of binary16; bfloat16's is the upper half of the first.
    uint256 private constant NAN = 0x7fc00000;
    uint256 private constant HALF_NAN = 0x7e00;

    uint256 private constant WORD = 0xffffffff;
    uint256 private constant SIGN = 0x80000000;
    uint256 private constant MAGNITUDE = 0x7fffffff;
    uint256 private constant INFINITY = 0x7f800000;
    /// @dev Greatest finite magnitude.
    uint256 private constant GREATEST = 0x7f7fffff;
    uint256 private constant ONE = 0x3f800000;
    uint256 private constant HALF = 0x3f000000;
    uint256 private constant FRACTION = 0x007fffff;
    /// @dev The leading bit of a normal significand.
    uint256 private constant HIDDEN = 0x00800000;
    /// @dev Bit n is set where n is the exponent field of a normal value.
    uint256 private constant NORMAL = 0x7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe;
    /// @dev The greatest exponent field of values below 2^254 in units of 2^-150.
    uint256 private constant GREATEST_SUMMABLE = 230;
    /// @dev Bit n is set where n is the exponent field of a normal value with such an exponent.
    uint256 private constant SUMMABLE = 0x7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffe;
    /// @dev Half a unit of place 231, less one: with the bit of place 231 added to it, it rounds to nearest even.
    uint256 private constant HALF_231 = 0x3fffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    /// @dev 2^23: from here on every value is an integer.
    uint256 private constant INTEGRAL = 0x4b000000;

    // ---------------------------------------------------------------- arithmetic

    /// @notice `a` itself, a NaN made canonical.
    function canonical(uint256 a) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := and(a, WORD)
            if gt(and(a, MAGNITUDE), INFINITY) {
                result := NAN
            }
        }
    }

    /// @notice a + b.
    function add(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 x = (a >> 23) & 0xff;
        uint256 y = (b >> 23) & 0xff;
        // Both terms in units of 2^-150: their sum is exact.
        uint256 m = ((a & FRACTION) | HIDDEN) << x;
        uint256 n = ((b & FRACTION) | HIDDEN) << y;
        if ((SUMMABLE >> x) & (SUMMABLE >> y) & 1 == 0) {
            assembly ("memory-safe") {
                m := or(lt(GREATEST_SUMMABLE, x), lt(GREATEST_SUMMABLE, y))
            }
            if (m != 0) return _addLarge(a, b);
            // Zeros and subnormal values have no hidden bit and the exponent of field 1.
            assembly ("memory-safe") {
                m := shl(or(x, iszero(x)), or(and(a, FRACTION), shl(23, lt(0, x))))
                n := shl(or(y, iszero(y)), or(and(b, FRACTION), shl(23, lt(0, y))))
            }
        }
        assembly ("memory-safe") {
            result := and(a, SIGN)
            x := add(m, n)
            if and(xor(a, b), SIGN) {
                x := sub(m, n)
                if slt(x, 1) {
                    // Zero is +0.
                    x := sub(0, x)
                    result := mul(xor(result, SIGN), lt(0, x))
                }
            }
        }
        n = Bits.clz(x | 0x1000000);
        assembly ("memory-safe") {
            // The leading bit to place 254; sums below 2^25, which are even, are patterns doubled, and stay.
            x := shl(sub(n, 1), x)
            x := shr(231, add(add(x, HALF_231), and(shr(231, x), 1)))
            result := or(result, add(shl(23, sub(231, n)), x))
        }
    }

    /// @notice a - b.
    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        return add(a, b ^ SIGN);
    }

    /// @notice a × b.
    function mul(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 x = (a >> 23) & 0xff;
        uint256 y = (b >> 23) & 0xff;
        if ((NORMAL >> x) & (NORMAL >> y) & 1 == 0) return _mulRare(a, b, x, y);
        uint256 m;
        assembly ("memory-safe") {
            m := mul(or(and(a, FRACTION), HIDDEN), or(and(b, FRACTION), HIDDEN))
            // Significands from 1 to 2 have a product from 1 to 4. Its leading bit to place 47.
            let carry := shr(47, m)
            m := shl(sub(1, carry), m)
            x := sub(add(add(x, y), carry), 128)
            y := shr(24, add(add(m, 0x7fffff), and(shr(24, m), 1)))
            result := or(and(xor(a, b), SIGN), add(shl(23, x), y))
        }
        if (x > 253) return _packEdge((a ^ b) & SIGN, x, m << 207);
    }

    /// @notice a ÷ b.
    function div(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 x = (a >> 23) & 0xff;
        uint256 y = (b >> 23) & 0xff;
        if ((NORMAL >> x) & (NORMAL >> y) & 1 == 0) return _divRare(a, b, x, y);
        uint256 m;
        uint256 n;
        assembly ("memory-safe") {
            m := or(and(a, FRACTION), HIDDEN)
            n := or(and(b, FRACTION), HIDDEN)
            // Significands from 1 to 2 have a quotient from 1/2 to 2.
            let less := lt(m, n)
            x := sub(add(sub(x, y), 126), less)
            m := shl(add(24, less), m)
            // Its 25 bits decide: a normal quotient is never halfway between two values.
            y := shr(1, add(div(m, n), 1))
            result := or(and(xor(a, b), SIGN), add(shl(23, x), y))
        }
        if (x > 253) {
            assembly ("memory-safe") {
                // A subnormal one may be: the last bit stands for a remainder.
                m := or(shl(230, div(m, n)), lt(0, mod(m, n)))
            }
            return _packEdge((a ^ b) & SIGN, x, m);
        }
    }

    /// @notice a × b + c, rounded once.
    function fma(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 result) {
        uint256 x = (a >> 23) & 0xff;
        uint256 y = (b >> 23) & 0xff;
        uint256 z = (c >> 23) & 0xff;
        uint256 m;
        uint256 n;
        if ((NORMAL >> x) & (NORMAL >> y) & (NORMAL >> z) & 1 != 0) {
            assembly ("memory-safe") {
                m := mul(or(and(a, FRACTION), HIDDEN), or(and(b, FRACTION), HIDDEN))
                n := or(and(c, FRACTION), HIDDEN)
            }
        } else {
            assembly ("memory-safe") {
                m := or(or(eq(x, 255), eq(y, 255)), eq(z, 255))
            }
            if (m != 0) return _fmaSpecial(a, b, c);
            // Zeros and subnormal values have no hidden bit and the exponent of field 1.
            assembly ("memory-safe") {
                m := mul(or(and(a, FRACTION), shl(23, lt(0, x))), or(and(b, FRACTION), shl(23, lt(0, y))))
                n := or(and(c, FRACTION), shl(23, lt(0, z)))
                x := or(x, iszero(x))
                y := or(y, iszero(y))
                z := or(z, iszero(z))
            }
            // Beside a product of zero the addend is the sum; of two zeros, -0 only if both are.
            if (m == 0) return n == 0 ? (a ^ b) & c & SIGN : c & WORD;
        }
        assembly ("memory-safe") {
            // The product stands 104 places above a grid, whose units x is the field of …
            x := sub(add(x, y), 254)
            // … and the addend y places.
            y := sub(z, x)
            if gt(y, 230) {
                // Far below the product's last bit the addend only tells on which side of it the sum lies. The
                // product far below the addend's last bit does not even tell that: the addend is a value.
                y := mul(230, sgt(y, 0))
                if y {
                    x := sub(z, y)
                }
            }
            m := shl(104, m)
            n := shl(y, n)
            // z becomes the sum's magnitude, the result its sign.
            result := and(c, SIGN)
            z := add(m, n)
            if and(xor(xor(a, b), c), SIGN) {
                z := sub(n, m)
                if slt(z, 1) {
                    z := sub(0, z)
                    result := xor(result, SIGN)
                    if iszero(z) {
                        // Zero is +0, and on any grid out of the range of the exponents below.
                        result := 0
                        x := 0
                    }
                }
            }
        }
        m = Bits.clz(z);
        assembly ("memory-safe") {
            // As in `_pack`.
            x := sub(add(x, 231), m)
            z := shl(sub(m, 1), z)
            m := shr(231, add(add(z, HALF_231), and(shr(231, z), 1)))
        }
        if (x > 253) return _packEdge(result, x, z);
        unchecked {
            result |= (x << 23) + m;
        }
    }

    /// @notice Square root of a; NaN below -0.
    function sqrt(uint256 a) internal pure returns (uint256) {
        // The exponent field with the sign above it.
        uint256 x = (a >> 23) & 0x1ff;
        if ((NORMAL >> x) & 1 == 0) return _sqrtRare(a & WORD);
        return _root(x, (a & FRACTION) | HIDDEN);
    }

    // ---------------------------------------------------------------- choice and order

    /// @notice IEEE-754-2019 minimum: NaN wins, -0 < +0.
    function minimum(uint256 a, uint256 b) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            // Numbers that order patterns like their values, -0 below +0.
            let x := signextend(3, a)
            x := xor(x, and(sar(255, x), MAGNITUDE))
            let y := signextend(3, b)
            y := xor(y, and(sar(255, y), MAGNITUDE))
            result := and(xor(a, mul(xor(a, b), slt(y, x))), WORD)
            if or(gt(and(a, MAGNITUDE), INFINITY), gt(and(b, MAGNITUDE), INFINITY)) {
                result := NAN
            }
        }
    }

    /// @notice IEEE-754-2019 maximum: NaN wins, -0 < +0.
    function maximum(uint256 a, uint256 b) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            // Numbers that order patterns like their values, -0 below +0.
            let x := signextend(3, a)
            x := xor(x, and(sar(255, x), MAGNITUDE))
            let y := signextend(3, b)
            y := xor(y, and(sar(255, y), MAGNITUDE))
            result := and(xor(a, mul(xor(a, b), slt(x, y))), WORD)
            if or(gt(and(a, MAGNITUDE), INFINITY), gt(and(b, MAGNITUDE), INFINITY)) {
                result := NAN
            }
        }
    }

    /// @notice a = b: false with a NaN, true for the two zeros.
    function eq(uint256 a, uint256 b) internal pure returns (bool result) {
        assembly ("memory-safe") {
            let same := and(iszero(shl(224, xor(a, b))), iszero(gt(and(a, MAGNITUDE), INFINITY)))
            result := or(same, iszero(shl(225, or(a, b))))
        }
    }

    /// @notice a < b: false with a NaN.
    function lt(uint256 a, uint256 b) internal pure returns (bool result) {
        assembly ("memory-safe") {
            let x := and(a, MAGNITUDE)
            let y := and(b, MAGNITUDE)
            let numbers := iszero(or(gt(x, INFINITY), gt(y, INFINITY)))
            // Magnitudes with their signs: the two zeros are one.
            x := mul(x, sub(1, and(shr(30, a), 2)))
            y := mul(y, sub(1, and(shr(30, b), 2)))
            result := and(numbers, slt(x, y))
        }
    }

    /// @notice a ≤ b: false with a NaN.
    function le(uint256 a, uint256 b) internal pure returns (bool result) {
        assembly ("memory-safe") {
            let x := and(a, MAGNITUDE)
            let y := and(b, MAGNITUDE)
            let numbers := iszero(or(gt(x, INFINITY), gt(y, INFINITY)))
            // Magnitudes with their signs: the two zeros are one.
            x := mul(x, sub(1, and(shr(30, a), 2)))
            y := mul(y, sub(1, and(shr(30, b), 2)))
            result := and(numbers, iszero(sgt(x, y)))
        }
    }

    // ---------------------------------------------------------------- sign

    /// @notice `a` with its sign inverted; NaN stays NaN.
    function neg(uint256 a) internal pure returns (uint256) {
        return canonical(a ^ SIGN);
    }

    /// @notice `a` with its sign cleared; NaN stays NaN.
    function abs(uint256 a) internal pure returns (uint256) {
        return canonical(a & MAGNITUDE);
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
            // Of a value from 1 on, the last `places` bits of the pattern are its fraction; a carry out of them is a
            // carry in value, and the bit above is the integer's last (for 1 ≤ x < 2 that is the exponent's last bit, 1
            // like the hidden one).
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
        return x == 0 ? 0 : _pack(0, 150, x);
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
            if (x < 0x400) return x == 0 ? sign : _pack(sign, 126, x);
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
            uint256 significand = x > FRACTION ? (x & FRACTION) | HIDDEN : x << 1;
            return sign | _roundOff(significand, 126 - (x >> 23));
        }
    }

    /// @notice The low 16 bits of `b`, a bfloat16, widened to binary32.
    function fromBfloat16(uint256 b) internal pure returns (uint256) {
        return canonical(b << 16);
    }

    /// @notice `a` rounded to bfloat16.
    function toBfloat16(uint256 a) internal pure returns (uint256) {
        // What canonical NaN rounds to is the one NaN.
        return _roundOff(canonical(a), 16);
    }

    // ---------------------------------------------------------------- specials

    /// @dev a + b where one is infinite, NaN, or at least 2^104; the other then may be anything.
    function _addLarge(uint256 a, uint256 b) private pure returns (uint256 result) {
        uint256 x = (a >> 23) & 0xff;
        uint256 y = (b >> 23) & 0xff;
        uint256 sum;
        assembly ("memory-safe") {
            sum := or(eq(x, 255), eq(y, 255))
        }
        if (sum != 0) return _addSpecial(a, b);
        assembly ("memory-safe") {
            // Units of 2^-86: a lesser term, which would be shifted down, tells nothing beside such a value.
            x := shl(sub(x, 64), or(and(a, FRACTION), HIDDEN))
            y := shl(sub(y, 64), or(and(b, FRACTION), HIDDEN))
            result := and(a, SIGN)
            sum := add(x, y)
            if and(xor(a, b), SIGN) {
                sum := sub(x, y)
                if slt(sum, 0) {
                    sum := sub(0, sum)
                    result := xor(result, SIGN)
                }
            }
        }
        return sum == 0 ? 0 : _pack(result, 64, sum);
    }

    /// @dev a + b where one is infinite or NaN.
    function _addSpecial(uint256 a, uint256 b) private pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        if (a & MAGNITUDE != INFINITY) return b & WORD;
        if (b & MAGNITUDE != INFINITY) return a & WORD;
        return (a ^ b) & SIGN == 0 ? a & WORD : NAN;
    }

    /// @dev a × b, x and y their exponent fields, where one is infinite, NaN, zero or subnormal.
    function _mulRare(uint256 a, uint256 b, uint256 x, uint256 y) private pure returns (uint256) {
        uint256 m;
        assembly ("memory-safe") {
            m := or(eq(x, 255), eq(y, 255))
        }
        if (m != 0) return _mulSpecial(a & MAGNITUDE, b & MAGNITUDE, (a ^ b) & SIGN);
        assembly ("memory-safe") {
            m := mul(or(and(a, FRACTION), shl(23, lt(0, x))), or(and(b, FRACTION), shl(23, lt(0, y))))
            x := sub(add(or(x, iszero(x)), or(y, iszero(y))), 150)
            y := and(xor(a, b), SIGN)
        }
        return m == 0 ? y : _pack(y, x, m);
    }

    /// @dev a ÷ b, x and y their exponent fields, where one is infinite, NaN, zero or subnormal.
    function _divRare(uint256 a, uint256 b, uint256 x, uint256 y) private pure returns (uint256) {
        uint256 m;
        uint256 n;
        uint256 sign;
        assembly ("memory-safe") {
            sign := and(xor(a, b), SIGN)
            m := or(and(a, FRACTION), shl(23, lt(0, x)))
            n := or(and(b, FRACTION), shl(23, lt(0, y)))
            a := and(a, MAGNITUDE)
            b := and(b, MAGNITUDE)
            // The quotient below has 201 more bits than significands.
            x := sub(sub(or(x, iszero(x)), or(y, iszero(y))), 51)
            y := or(or(gt(a, GREATEST), gt(b, GREATEST)), or(iszero(a), iszero(b)))
        }
        if (y != 0) return _divSpecial(a, b, sign);
        assembly ("memory-safe") {
            // Its last bit stands for a remainder.
            m := shl(201, m)
            m := or(div(m, n), lt(0, mod(m, n)))
        }
        return _pack(sign, x, m);
    }

    /// @dev The product of magnitudes x and y, one of them infinite, NaN or zero, with the sign given.
    function _mulSpecial(uint256 x, uint256 y, uint256 sign) private pure returns (uint256) {
        if (x > INFINITY || y > INFINITY) return NAN;
        if (x == INFINITY) return y == 0 ? NAN : sign | INFINITY;
        if (y == INFINITY) return x == 0 ? NAN : sign | INFINITY;
        return sign;
    }

    /// @dev The quotient of magnitudes x and y, one of them infinite, NaN or zero, with the sign given.
    function _divSpecial(uint256 x, uint256 y, uint256 sign) private pure returns (uint256) {
        if (x > INFINITY || y > INFINITY) return NAN;
        if (x == INFINITY) return y == INFINITY ? NAN : sign | INFINITY;
        if (y == 0) return x == 0 ? NAN : sign | INFINITY;
        return sign;
    }

    /// @dev Square root of a pattern that is not normal or has its sign set.
    function _sqrtRare(uint256 a) private pure returns (uint256) {
        if (a & MAGNITUDE == 0 || a == INFINITY) return a;
        if (a > INFINITY) return NAN;
        (uint256 field, uint256 significand) = _normalize(a);
        return _root(field, significand);
    }

    /// @dev Square root of significand × 2^(field - 150), the significand from 2^23 to 2^24, the field at least -22.
    function _root(uint256 field, uint256 significand) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            // The exponent made even: x is in [1, 4), with 23 fractional bits.
            let x := shl(iszero(and(field, 1)), significand)
            // The line of least relative error over that range, 3 %, with 63 fractional bits.
            let y := mul(add(x, 0x1000000), 0x57d8666031)
            // Newton's steps leave 4e-4, 1e-7, 4e-15, 1e-29.
            x := shl(103, x)
            y := shr(1, add(y, div(x, y)))
            y := shr(1, add(y, div(x, y)))
            y := shr(1, add(y, div(x, y)))
            y := shr(1, add(y, div(x, y)))
            // No root of a binary32 is halfway between two, nor nearer than 2^-51 of itself to such a place.
            result := add(shl(23, shr(1, add(field, 125))), shr(40, add(y, 0x8000000000)))
        }
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

    /// @dev Rounds `significand × 2^(exponent - 150)` to binary32, with the sign given: 0 ≤ significand < 2^255, the
    ///      exponent in two's complement. A zero significand needs an exponent below 25.
    function _pack(uint256 sign, uint256 exponent, uint256 significand) private pure returns (uint256 result) {
        uint256 zeros = Bits.clz(significand);
        assembly ("memory-safe") {
            // The leading bit moves to place 254, the result's last to place 231.
            exponent := sub(add(exponent, 231), zeros)
            significand := shl(sub(zeros, 1), significand)
            result := shr(231, add(add(significand, HALF_231), and(shr(231, significand), 1)))
            result := or(sign, add(shl(23, exponent), result))
        }
        if (exponent > 253) return _packEdge(sign, exponent, significand);
    }

    /// @dev What `_pack` leaves, the leading bit at place 254 already: overflow, and subnormal results.
    function _packEdge(uint256 sign, uint256 exponent, uint256 significand) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := INFINITY
            if slt(exponent, 0) {
                // The last bit of a subnormal result stands for 2^-149, so more is rounded off; from 256 on, all.
                let places := sub(231, exponent)
                if gt(places, 256) {
                    places := 256
                }
                let half := sub(shl(sub(places, 1), 1), 1)
                result := shr(places, add(add(significand, half), and(shr(places, significand), 1)))
            }
            result := or(sign, result)
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
            uint256 magnitude = (((x & FRACTION) | HIDDEN) << ((x >> 23) - 127)) >> 23;
            return magnitude < greatest ? magnitude : greatest;
        }
    }

    /// @dev Exponent field and significand of a finite magnitude other than 0, as `significand × 2^(field - 150)`, the
    ///      leading bit of a subnormal one moved to the hidden bit's place, its field from -22 to 0.
    function _normalize(uint256 x) private pure returns (uint256 field, uint256 significand) {
        unchecked {
            field = x >> 23;
            significand = (x & FRACTION) | HIDDEN;
            if (field == 0) {
                uint256 up = Bits.clz(x) - 232;
                field = 1 - up;
                significand = x << up;
            }
        }
    }
}
