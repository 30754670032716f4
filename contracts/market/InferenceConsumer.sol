// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceConsumer, Inference} from "./IInferenceConsumer.sol";

/// @notice What a consumer contract starts from: it hears only its market, and never private input, because an answer that
/// only its provider can check is no evidence to anybody else.
abstract contract InferenceConsumer is IInferenceConsumer {
    error InferenceConsumer_NotMarket(address caller);
    error InferenceConsumer_PrivateInput(uint256 claimId);

    /// @notice The one contract whose answers count.
    address public immutable MARKET;

    constructor(address market) {
        MARKET = market;
    }

    /// @inheritdoc IInferenceConsumer
    function onInference(Inference calldata inference) external {
        // INVARIANT: an answer comes from the market.
        if (msg.sender != MARKET) revert InferenceConsumer_NotMarket(msg.sender);
        // INVARIANT: an answer counts only if everybody could check it.
        if (inference.privateInput) revert InferenceConsumer_PrivateInput(inference.claimId);
        _take(inference);
    }

    /// @dev What the consumer does with an answer.
    function _take(Inference calldata inference) internal virtual;
}
