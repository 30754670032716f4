// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Shape expressions, the twin of `packages/vm/src/shapeExpression.ts`
/// @notice Postfix bytes over unsigned integers that saturate at 2^48 - 1, with a stack of at most eight.
library ShapeExpression {
    /// @dev Where sums and products saturate.
    uint256 internal constant SATURATION = (1 << 48) - 1;

    uint256 private constant LOW32 = 0xffffffff;

    /// @notice Evaluates the expression at a calldata address.
    /// @param place Address of its first byte.
    /// @param limit Address that it must not reach beyond.
    /// @param symbols Eight u32, symbol i in bits 32i … 32i+31.
    /// @param callNumber Number of the call.
    /// @return value Its value, 0 if it is malformed.
    /// @return end Address behind its last byte; 0 if it is malformed.
    /// @return usesCall Whether the call number stands in it.
    function evaluate(
        uint256 place,
        uint256 limit,
        uint256 symbols,
        uint256 callNumber
    ) internal pure returns (uint256 value, uint256 end, bool usesCall) {
        assembly ("memory-safe") {
            let bottom := mload(0x40)
            // Address behind the topmost value.
            let top := bottom
            for {} lt(place, limit) {} {
                let word := calldataload(place)
                let code := byte(0, word)
                place := add(place, 1)
                if lt(code, 0x10) {
                    let x := 0
                    switch code
                    case 0x01 {
                        x := byte(1, word)
                        place := add(place, 1)
                    }
                    case 0x02 {
                        x := and(shr(216, word), LOW32)
                        place := add(place, 4)
                    }
                    case 0x03 {
                        let k := byte(1, word)
                        place := add(place, 1)
                        if gt(k, 7) {
                            break
                        }
                        x := and(shr(shl(5, k), symbols), LOW32)
                    }
                    case 0x04 {
                        x := callNumber
                        usesCall := 1
                    }
                    case 0x00 {
                        if eq(top, add(bottom, 0x20)) {
                            value := mload(bottom)
                            end := place
                        }
                        break
                    }
                    default {
                        break
                    }
                    if eq(top, add(bottom, 0x100)) {
                        break
                    }
                    mstore(top, x)
                    top := add(top, 0x20)
                    continue
                }
                if or(gt(code, 0x17), lt(top, add(bottom, 0x40))) {
                    break
                }
                top := sub(top, 0x20)
                let x := mload(sub(top, 0x20))
                let y := mload(top)
                // The EVM's own divisions: 0 where y is 0.
                switch code
                case 0x10 {
                    x := add(x, y)
                }
                case 0x11 {
                    x := mul(gt(x, y), sub(x, y))
                }
                case 0x12 {
                    x := mul(x, y)
                }
                case 0x13 {
                    x := div(x, y)
                }
                case 0x14 {
                    x := div(add(x, sub(y, 1)), y)
                }
                case 0x15 {
                    x := mod(x, y)
                }
                case 0x16 {
                    if lt(y, x) {
                        x := y
                    }
                }
                default {
                    if gt(y, x) {
                        x := y
                    }
                }
                if gt(x, SATURATION) {
                    x := SATURATION
                }
                mstore(sub(top, 0x20), x)
            }
        }
    }

    /// @notice x × y, saturating.
    function multiply(uint256 x, uint256 y) internal pure returns (uint256 product) {
        unchecked {
            product = x * y;
            if (product > SATURATION) product = SATURATION;
        }
    }
}
