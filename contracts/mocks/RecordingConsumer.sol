// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Inference} from "../market/IInferenceConsumer.sol";
import {InferenceConsumer} from "../market/InferenceConsumer.sol";

/// @notice An application that remembers the last answer it was given.
contract RecordingConsumer is InferenceConsumer {
    uint256 public lastClaimId;
    bytes public lastOutputs;

    constructor(address market) InferenceConsumer(market) {}

    function _take(Inference calldata inference) internal override {
        lastClaimId = inference.claimId;
        lastOutputs = inference.outputs;
    }
}
