// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceConsumer, Inference} from "../market/IInferenceConsumer.sol";

/// @notice A consumer that reverts, eats all its gas, or returns a bomb, as it is told.
contract BadConsumer is IInferenceConsumer {
    enum Manner {
        Revert,
        EatGas,
        Bomb
    }

    Manner public manner;

    error BadConsumer_Reverts();

    constructor(Manner manner_) {
        manner = manner_;
    }

    function onInference(Inference calldata) external view {
        if (manner == Manner.Revert) revert BadConsumer_Reverts();
        if (manner == Manner.EatGas) {
            // solhint-disable-next-line no-empty-blocks
            while (true) {}
        }
        assembly {
            revert(0, 1000000)
        }
    }
}
