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
    uint256 private constant FRACTION = 0x007fffff;
    /// @dev The leading bit of a normal significand.
    uint256 private constant HIDDEN = 0x00800000;
    /// @dev Bit n is set where n is the exponent field of a normal value.
    uint256 private constant NORMAL = 0x7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe;
    /// @dev The greatest exponent field of values below 2^254 in units of 2^-149.
    uint256 private constant LARGEST = 231;
    /// @dev 2^230 - 1: what rounds place 231 half up, but for ties.
    uint256 private constant HALF_231 = 0x3fffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    /// @dev 2^23: from here on every value is an integer.
    uint256 private constant INTEGRAL = 0x4b000000;

    // ---------------------------------------------------------------- arithmetic

    /// @notice `a` itself, a NaN made canonical.
    function canonical(uint256 a) internal pure returns (uint256) {
        return _isNaN(a) ? NAN : a & WORD;
    }

    /// @notice a + b.
    function add(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 large;
        assembly ("memory-safe") {
            let x := and(shr(23, a), 0xff)
            let y := and(shr(23, b), 0xff)
            large := or(gt(x, LARGEST), gt(y, LARGEST))
            // Both terms in units of 2^-149: their sum is exact.
            let hidden := lt(0, x)
            x := shl(sub(x, hidden), or(and(a, FRACTION), shl(23, hidden)))
            hidden := lt(0, y)
            y := shl(sub(y, hidden), or(and(b, FRACTION), shl(23, hidden)))
            result := and(a, SIGN)
            let sum := add(x, y)
            if and(xor(a, b), SIGN) {
                sum := sub(x, y)
                if slt(sum, 1) {
                    // Zero is +0.
                    sum := sub(0, sum)
                    result := mul(xor(result, SIGN), lt(0, sum))
                }
            }
            // The leading bit to place 254; sums below 2^24 are patterns already, and stay.
            let zeros := clz(or(sum, HIDDEN))
            sum := shl(sub(zeros, 1), sum)
            sum := shr(231, add(add(sum, HALF_231), and(shr(231, sum), 1)))
            result := or(result, add(shl(23, sub(232, zeros)), sum))
        }
        if (large != 0) result = _addLarge(a, b);
    }

    /// @notice a - b.
    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        return add(a, b ^ SIGN);
    }

    /// @notice a × b.
    function mul(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 regular;
        assembly ("memory-safe") {
            let x := and(shr(23, a), 0xff)
            let y := and(shr(23, b), 0xff)
            let product := mul(or(and(a, FRACTION), HIDDEN), or(and(b, FRACTION), HIDDEN))
            // 1 where the significands, from 1 to 2, have a product from 2 to 4.
            let carry := shr(47, product)
            product := shl(sub(1, carry), product)
            let exponent := sub(add(add(x, y), carry), 128)
            regular := and(and(shr(x, NORMAL), shr(y, NORMAL)), lt(exponent, 254))
            product := shr(24, add(add(product, 0x7fffff), and(shr(24, product), 1)))
            result := or(and(xor(a, b), SIGN), add(shl(23, exponent), product))
        }
        if (regular == 0) result = _mulRare(a, b);
    }

    /// @notice a ÷ b.
    function div(uint256 a, uint256 b) internal pure returns (uint256 result) {
        uint256 regular;
        assembly ("memory-safe") {
            let x := and(shr(23, a), 0xff)
            let y := and(shr(23, b), 0xff)
            regular := and(shr(x, NORMAL), shr(y, NORMAL))
            let exponent := sub(x, y)
            x := or(and(a, FRACTION), HIDDEN)
            y := or(and(b, FRACTION), HIDDEN)
            let borrow := lt(x, y)
            exponent := sub(add(exponent, 126), borrow)
            regular := and(regular, lt(exponent, 254))
            // The quotient to 25 bits decides: a normal quotient is never halfway between two values.
            x := shr(1, add(div(shl(add(24, borrow), x), y), 1))
            result := or(and(xor(a, b), SIGN), add(shl(23, exponent), x))
        }
        if (regular == 0) result = _divRare(a, b);
    }

    /// @notice a × b + c, rounded once.
    function fma(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 result) {
        uint256 special;
        uint256 sign;
        uint256 grid;
        uint256 sum;
        assembly ("memory-safe") {
            let x := and(shr(23, a), 0xff)
            let y := and(shr(23, b), 0xff)
            let z := and(shr(23, c), 0xff)
            special := or(or(eq(x, 255), eq(y, 255)), eq(z, 255))
            // The product stands 104 places above the grid, which counts units of 2^(grid - 149) …
            let hidden := lt(0, x)
            grid := sub(x, hidden)
            x := or(and(a, FRACTION), shl(23, hidden))
            hidden := lt(0, y)
            grid := sub(add(grid, sub(y, hidden)), 253)
            x := shl(104, mul(x, or(and(b, FRACTION), shl(23, hidden))))
            // … and the addend `up` places.
            hidden := lt(0, z)
            z := sub(z, hidden)
            let up := sub(z, grid)
            if gt(up, 230) {
                // Far below the product's last bit the addend only tells on which side of it the sum lies. The
                // product far below the addend's last bit does not even tell that: the addend is a value.
                up := mul(230, sgt(up, 0))
                if up {
                    grid := sub(z, up)
                }
            }
            y := shl(up, or(and(c, FRACTION), shl(23, hidden)))
            sum := add(x, y)
            sign := and(c, SIGN)
            if and(xor(xor(a, b), c), SIGN) {
                sum := sub(y, x)
                if slt(sum, 1) {
                    sum := sub(0, sum)
                    sign := xor(sign, SIGN)
                    if iszero(sum) {
                        // Zero is +0, on any grid.
                        sign := 0
                        grid := 0
                    }
                }
            }
        }
        if (special == 0) result = _pack(sign, grid, sum);
        else result = _fmaSpecial(a, b, c);
    }

    /// @notice Square root of a; NaN below -0.
    function sqrt(uint256 a) internal pure returns (uint256 result) {
        unchecked {
            // The exponent field with the sign above it.
            uint256 x = (a >> 23) & 0x1ff;
            if ((NORMAL >> x) & 1 != 0) result = _root(x, (a & FRACTION) | HIDDEN);
            else result = _sqrtRare(a & WORD);
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
            (uint256 exponent, uint256 significand) = _unpack(x);
            return sign | _roundOff(significand, 125 - exponent);
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

    /// @dev a + b where one is infinite, NaN or at least 2^105.
    function _addLarge(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            if (x > GREATEST || y > GREATEST) return _addSpecial(a, b);
            if (x < y) (a, b, x, y) = (b, a, y, x);
            // Units of 2^-85. What this loses of the lesser term is below 2^-100 of the greater, which is a value.
            (uint256 exponent, uint256 significand) = _unpack(x);
            x = significand << (exponent - 64);
            (exponent, significand) = _unpack(y);
            y = exponent < 64 ? 0 : significand << (exponent - 64);
            if ((a ^ b) & SIGN == 0) return _pack(a & SIGN, 64, x + y);
            return x == y ? 0 : _pack(a & SIGN, 64, x - y);
        }
    }

    /// @dev a + b where one is infinite or NaN.
    function _addSpecial(uint256 a, uint256 b) private pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        if (a & MAGNITUDE != INFINITY) return b & WORD;
        if (b & MAGNITUDE != INFINITY) return a & WORD;
        return (a ^ b) & SIGN == 0 ? a & WORD : NAN;
    }

    /// @dev a × b where one is infinite, NaN, zero or subnormal.
    function _mulRare(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            uint256 sign = (a ^ b) & SIGN;
            if (x > GREATEST || y > GREATEST) return _mulSpecial(x, y, sign);
            if (x == 0 || y == 0) return sign;
            (uint256 exponentX, uint256 significandX) = _unpack(x);
            (uint256 exponentY, uint256 significandY) = _unpack(y);
            return _pack(sign, exponentX + exponentY - 149, significandX * significandY);
        }
    }

    /// @dev The product of magnitudes x and y, one of them infinite or NaN, with the sign given.
    function _mulSpecial(uint256 x, uint256 y, uint256 sign) private pure returns (uint256) {
        if (x > INFINITY || y > INFINITY || x == 0 || y == 0) return NAN;
        return sign | INFINITY;
    }

    /// @dev a ÷ b where one is infinite, NaN, zero or subnormal.
    function _divRare(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            uint256 x = a & MAGNITUDE;
            uint256 y = b & MAGNITUDE;
            uint256 sign = (a ^ b) & SIGN;
            if (x > INFINITY || y > INFINITY) return NAN;
            if (x == INFINITY) return y == INFINITY ? NAN : sign | INFINITY;
            if (y == 0) return x == 0 ? NAN : sign | INFINITY;
            if (x == 0 || y == INFINITY) return sign;
            (uint256 exponentX, uint256 significandX) = _unpack(x);
            (uint256 exponentY, uint256 significandY) = _unpack(y);
            return _divExactly(sign, exponentX - exponentY, significandX, significandY);
        }
    }

    /// @dev x ÷ y × 2^exponent for significands other than 0.
    function _divExactly(uint256 sign, uint256 exponent, uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            x <<= 200;
            // The last bit stands for a remainder, if there is one.
            return _pack(sign, exponent - 52, ((x / y) << 1) | _bit(x % y > 0));
        }
    }

    /// @dev Square root of a pattern that is not normal or has its sign set.
    function _sqrtRare(uint256 a) private pure returns (uint256) {
        unchecked {
            if (a & MAGNITUDE == 0 || a == INFINITY) return a;
            if (a > INFINITY) return NAN;
            // A subnormal value: its leading bit to the hidden one's place.
            uint256 up = Bits.clz(a) - 232;
            return _root(1 - up, a << up);
        }
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

    /// @dev Rounds `significand × 2^(exponent - 149)` to binary32, with the sign given: 0 ≤ significand < 2^255, the
    ///      exponent in two's complement, and below 24 for a zero significand.
    function _pack(uint256 sign, uint256 exponent, uint256 significand) private pure returns (uint256 result) {
        uint256 zeros = Bits.clz(significand);
        assembly ("memory-safe") {
            // The leading bit moves to place 254, the result's last to place 231.
            exponent := sub(add(exponent, 232), zeros)
            significand := shl(sub(zeros, 1), significand)
            result := shr(231, add(add(significand, HALF_231), and(shr(231, significand), 1)))
            result := or(sign, add(shl(23, exponent), result))
        }
        if (exponent > 253) result = sign | _packEdge(exponent, significand);
    }

    /// @dev What `_pack` leaves: overflow, and subnormal results.
    function _packEdge(uint256 exponent, uint256 significand) private pure returns (uint256) {
        unchecked {
            if (int256(exponent) > 0) return INFINITY;
            // The last bit of a subnormal result stands for 2^-149, so more is rounded off; from 256 on, all.
            return _roundOff(significand, int256(exponent) < -25 ? 256 : 231 - exponent);
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

    /// @dev Exponent and significand of a finite magnitude.
    function _unpack(uint256 x) private pure returns (uint256 exponent, uint256 significand) {
        unchecked {
            exponent = (x >> 23) - _bit(x > FRACTION);
            significand = x - (exponent << 23);
        }
    }

    function _bit(bool condition) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := condition
        }
    }
}
