// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../vm/Float32.sol";

/// @title Gas of each Float32 operation as a library call, for the snapshot (`scripts/bench/float32-gas.ts`).
/// @notice Each function takes operand tuples, one 32-byte word an operand, and gives the array back with the first
///         word of each tuple replaced by the gas from operands on the stack to result on the stack, and all that is
///         around it. `nothing1` … `nothing3` measure what is around it: the difference is the operation.
contract Float32Gas {
    function nothing1(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, a);
        }
        return words;
    }

    function nothing2(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, ) = _start2(words, i);
            _stop(words, i, start, a);
        }
        return words;
    }

    function nothing3(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 3) {
            (uint256 start, uint256 a, , ) = _start3(words, i);
            _stop(words, i, start, a);
        }
        return words;
    }

    function canonical(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.canonical(a));
        }
        return words;
    }

    function sqrt(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.sqrt(a));
        }
        return words;
    }

    function neg(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.neg(a));
        }
        return words;
    }

    function abs(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.abs(a));
        }
        return words;
    }

    function floor(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.floor(a));
        }
        return words;
    }

    function ceil(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.ceil(a));
        }
        return words;
    }

    function trunc(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.trunc(a));
        }
        return words;
    }

    function roundEven(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.roundEven(a));
        }
        return words;
    }

    function fromInt64(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.fromInt64(a));
        }
        return words;
    }

    function fromUint64(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.fromUint64(a));
        }
        return words;
    }

    function toInt8(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toInt8(a));
        }
        return words;
    }

    function toInt16(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toInt16(a));
        }
        return words;
    }

    function toInt32(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toInt32(a));
        }
        return words;
    }

    function toInt64(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toInt64(a));
        }
        return words;
    }

    function toUint8(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toUint8(a));
        }
        return words;
    }

    function toUint16(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toUint16(a));
        }
        return words;
    }

    function toUint32(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toUint32(a));
        }
        return words;
    }

    function toUint64(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toUint64(a));
        }
        return words;
    }

    function fromHalf(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.fromHalf(a));
        }
        return words;
    }

    function toHalf(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toHalf(a));
        }
        return words;
    }

    function fromBfloat16(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.fromBfloat16(a));
        }
        return words;
    }

    function toBfloat16(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 1) {
            (uint256 start, uint256 a) = _start1(words, i);
            _stop(words, i, start, Float32.toBfloat16(a));
        }
        return words;
    }

    function add(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.add(a, b));
        }
        return words;
    }

    function sub(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.sub(a, b));
        }
        return words;
    }

    function mul(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.mul(a, b));
        }
        return words;
    }

    function div(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.div(a, b));
        }
        return words;
    }

    function minimum(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.minimum(a, b));
        }
        return words;
    }

    function maximum(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, Float32.maximum(a, b));
        }
        return words;
    }

    function eq(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, _word(Float32.eq(a, b)));
        }
        return words;
    }

    function lt(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, _word(Float32.lt(a, b)));
        }
        return words;
    }

    function le(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 2) {
            (uint256 start, uint256 a, uint256 b) = _start2(words, i);
            _stop(words, i, start, _word(Float32.le(a, b)));
        }
        return words;
    }

    function fma(uint256[] memory words) external view returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; i += 3) {
            (uint256 start, uint256 a, uint256 b, uint256 c) = _start3(words, i);
            _stop(words, i, start, Float32.fma(a, b, c));
        }
        return words;
    }

    function _start1(uint256[] memory words, uint256 i) private view returns (uint256 start, uint256 a) {
        a = words[i];
        start = gasleft();
    }

    function _start2(uint256[] memory words, uint256 i) private view returns (uint256 start, uint256 a, uint256 b) {
        a = words[i];
        b = words[i + 1];
        start = gasleft();
    }

    function _start3(
        uint256[] memory words,
        uint256 i
    ) private view returns (uint256 start, uint256 a, uint256 b, uint256 c) {
        a = words[i];
        b = words[i + 1];
        c = words[i + 2];
        start = gasleft();
    }

    function _stop(uint256[] memory words, uint256 i, uint256 start, uint256 result) private view {
        // The result is used, so that it has to be there.
        words[i] = result;
        words[i] = start - gasleft();
    }

    function _word(bool condition) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := condition
        }
    }
}
