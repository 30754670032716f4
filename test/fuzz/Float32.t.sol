// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../../contracts/vm/Float32.sol";

/// @title Laws of binary32 arithmetic that hold for every pattern, whatever stands above its 32 bits.
/// @notice Each is named where it fails. They follow from IEEE-754, not from the implementation.
contract Float32Test {
    error Float32Test_Broken(string law, uint256 left, uint256 right);

    uint256 private constant NAN = 0x7fc00000;
    uint256 private constant ONE = 0x3f800000;
    uint256 private constant TWO = 0x40000000;
    uint256 private constant MINUS_ZERO = 0x80000000;
    uint256 private constant INFINITY = 0x7f800000;

    function testFuzz_CanonicalIsIdempotent(uint256 a) external pure {
        uint256 once = Float32.canonical(a);
        _same("canonical(canonical(a)) = canonical(a)", Float32.canonical(once), once);
        _holds("canonical(a) has 32 bits", once >> 32 == 0);
    }

    function testFuzz_AdditionCommutes(uint256 a, uint256 b) external pure {
        _same("a + b = b + a", Float32.add(a, b), Float32.add(b, a));
    }

    function testFuzz_MultiplicationCommutes(uint256 a, uint256 b) external pure {
        _same("a * b = b * a", Float32.mul(a, b), Float32.mul(b, a));
    }

    function testFuzz_NeutralElements(uint256 a) external pure {
        uint256 itself = Float32.canonical(a);
        _same("a + -0 = a", Float32.add(a, MINUS_ZERO), itself);
        _same("a - +0 = a", Float32.sub(a, 0), itself);
        _same("a * 1 = a", Float32.mul(a, ONE), itself);
        _same("a / 1 = a", Float32.div(a, ONE), itself);
        _same("fma(a, 1, -0) = a", Float32.fma(a, ONE, MINUS_ZERO), itself);
        _same("minimum(a, infinity) = a", Float32.minimum(a, INFINITY), itself);
    }

    function testFuzz_FusedIsPlainWhereOneStepIsExact(uint256 a, uint256 b) external pure {
        _same("fma(a, b, -0) = a * b", Float32.fma(a, b, MINUS_ZERO), Float32.mul(a, b));
        _same("fma(a, 1, b) = a + b", Float32.fma(a, ONE, b), Float32.add(a, b));
        _same("a + a = 2 * a", Float32.add(a, a), Float32.mul(TWO, a));
    }

    function testFuzz_FusedSigns(uint256 a, uint256 b, uint256 c) external pure {
        uint256 both = Float32.fma(Float32.neg(a), Float32.neg(b), c);
        _same("fma(-a, -b, c) = fma(a, b, c)", both, Float32.fma(a, b, c));
        uint256 mirrored = Float32.fma(Float32.neg(a), b, Float32.neg(c));
        uint256 plain = Float32.fma(a, b, c);
        // An exact zero sum of two signs is +0 either way.
        if (plain & 0x7fffffff != 0) _same("fma(-a, b, -c) = -fma(a, b, c)", mirrored, Float32.neg(plain));
    }

    function testFuzz_SubtractionMirrors(uint256 a, uint256 b) external pure {
        uint256 forth = Float32.sub(a, b);
        if (forth & 0x7fffffff != 0) _same("a - b = -(b - a)", forth, Float32.neg(Float32.sub(b, a)));
        _holds("a - b = 0 only if a = b", Float32.eq(forth, 0) == (Float32.eq(a, b) && _finite(a)));
    }

    function testFuzz_AdditionIsMonotonic(uint256 a, uint256 b, uint256 c) external pure {
        uint256 low = Float32.add(a, c);
        uint256 high = Float32.add(b, c);
        if (Float32.le(a, b) && low != NAN && high != NAN) _holds("a <= b: a + c <= b + c", Float32.le(low, high));
    }

    function testFuzz_OrderIsTotalOnNumbers(uint256 a, uint256 b) external pure {
        uint256 held = (Float32.lt(a, b) ? 1 : 0) + (Float32.eq(a, b) ? 1 : 0) + (Float32.lt(b, a) ? 1 : 0);
        bool numbers = Float32.canonical(a) != NAN && Float32.canonical(b) != NAN;
        _same("one of a < b, a = b, b < a", held, numbers ? 1 : 0);
        _holds("a <= b is a < b or a = b", Float32.le(a, b) == (Float32.lt(a, b) || Float32.eq(a, b)));
        _same("minimum is the mirror of maximum", Float32.minimum(a, b), _mirroredMaximum(a, b));
    }

    function testFuzz_SquareRootInvertsSquare(uint256 a) external pure {
        // Twelve significant bits: the square is exact.
        a = (a & 0x7ff800) | (64 << 23) | (a & (63 << 23));
        _same("sqrt(a * a) = a", Float32.sqrt(Float32.mul(a, a)), a);
    }

    function testFuzz_Roundings(uint256 a) external pure {
        uint256 low = Float32.floor(a);
        uint256 high = Float32.ceil(a);
        uint256 near = Float32.roundEven(a);
        if (Float32.canonical(a) == NAN) return _same("rounded NaN", low & high & near, NAN);
        _holds("floor(a) <= a <= ceil(a)", Float32.le(low, a) && Float32.le(a, high));
        _holds("roundEven(a) is one of them", near == low || near == high);
        _same("ceil(a) = -floor(-a)", high, Float32.neg(Float32.floor(Float32.neg(a))));
        _same("trunc(a) is the one toward zero", Float32.trunc(a), a & MINUS_ZERO == 0 ? low : high);
        _same("rounding again changes nothing", Float32.roundEven(low), low);
    }

    function testFuzz_IntegersSurvive(uint256 x) external pure {
        x &= 0xffffff;
        _same("toUint32(fromUint64(x)) = x", Float32.toUint32(Float32.fromUint64(x)), x);
        unchecked {
            uint256 minus = (0 - x) & type(uint64).max;
            _same("toInt64(fromInt64(-x)) = -x", Float32.toInt64(Float32.fromInt64(minus)), minus);
        }
    }

    function testFuzz_NarrowFormatsSurvive(uint256 x) external pure {
        x &= 0xffff;
        uint256 half = x & 0x7fff > 0x7c00 ? 0x7e00 : x;
        _same("toHalf(fromHalf(x)) = x", Float32.toHalf(Float32.fromHalf(x)), half);
        uint256 brain = x & 0x7fff > 0x7f80 ? 0x7fc0 : x;
        _same("toBfloat16(fromBfloat16(x)) = x", Float32.toBfloat16(Float32.fromBfloat16(x)), brain);
    }

    function _mirroredMaximum(uint256 a, uint256 b) private pure returns (uint256) {
        return Float32.neg(Float32.maximum(Float32.neg(a), Float32.neg(b)));
    }

    function _finite(uint256 a) private pure returns (bool) {
        return a & INFINITY != INFINITY;
    }

    function _same(string memory law, uint256 left, uint256 right) private pure {
        if (left != right) revert Float32Test_Broken(law, left, right);
    }

    function _holds(string memory law, bool held) private pure {
        if (!held) revert Float32Test_Broken(law, 0, 1);
    }
}
