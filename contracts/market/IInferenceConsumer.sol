// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice When an answer is handed to its consumer. `Posted` is an early signal: the provider's collateral stands behind
/// the answer and it may still fall. `Final` means that nobody disproved it in time.
enum Finality {
    Final,
    Posted
}

/// @notice An answer as its consumer gets it.
/// @param descriptions 25 bytes per output: element type, count, rows, group (docs/program.md, "Trees"); empty when the
/// answer was posted as a root.
/// @param outputs The outputs' bytes one after the other; empty when the answer was posted as a root.
struct Inference {
    uint256 claimId;
    bytes32 modelId;
    bytes32 inputsRoot;
    bytes32 outputsRoot;
    bool privateInput;
    Finality finality;
    bytes descriptions;
    bytes outputs;
}

/// @title IInferenceConsumer
/// @notice A contract that is called with an answer. The market calls once per claim, with the gas asked for, and goes on
/// whatever the consumer does; a call that fails is not repeated.
interface IInferenceConsumer {
    /// @notice Takes an answer. Only the market should be able to call it.
    function onInference(Inference calldata inference) external;
}
