// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "../vm/Bits.sol";
import {BitsPortable} from "../vm/BitsPortable.sol";

/// @title Both ways of counting leading zeros, side by side.
contract BitsHarness {
    /// @notice The same counts twice for each word: by `Bits` and by `BitsPortable`.
    function clz(uint256[] calldata words) external pure returns (uint256[] memory bits, uint256[] memory portable) {
        bits = new uint256[](words.length);
        portable = new uint256[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            bits[i] = Bits.clz(words[i]);
            portable[i] = BitsPortable.clz(words[i]);
        }
    }
}
