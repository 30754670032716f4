// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Finality, Inference} from "../market/IInferenceConsumer.sol";
import {InferenceConsumer} from "../market/InferenceConsumer.sol";

/// @notice An application that wants to know which digit it is: it remembers the index of the greatest of ten scores.
contract DigitConsumer is InferenceConsumer {
    event Recognised(uint256 indexed claimId, uint256 digit, Finality finality);

    mapping(uint256 claimId => uint256 digit) public digits;

    constructor(address market) InferenceConsumer(market) {}

    function _take(Inference calldata inference) internal override {
        // Scores are binary32, little-endian. Patterns of a float order as integers once negative ones are flipped.
        uint256 best;
        uint256 digit;
        for (uint256 i = 0; 4 * i + 4 <= inference.outputs.length; ++i) {
            uint256 pattern;
            for (uint256 j = 0; j < 4; ++j) pattern |= uint256(uint8(inference.outputs[4 * i + j])) << (8 * j);
            uint256 rank = pattern >> 31 == 1 ? 0xffffffff - pattern : pattern | 0x80000000;
            if (rank > best) (best, digit) = (rank, i);
        }
        digits[inference.claimId] = digit;
        emit Recognised(inference.claimId, digit, inference.finality);
    }
}
