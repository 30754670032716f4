// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceConsumer, Inference} from "../market/IInferenceConsumer.sol";

/// @notice A consumer that calls somebody when it is called, and remembers how that went and how much gas it had.
contract BusyConsumer is IInferenceConsumer {
    address private _target;
    bytes private _data;
    uint256 public gasSeen;
    uint256 public times;
    bool public succeeded;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function onInference(Inference calldata) external {
        gasSeen = gasleft();
        ++times;
        (succeeded, ) = _target.call(_data);
    }
}
