// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Refuses to be entered again while a token is being moved. A transient flag, cleared at the end of each call, so
/// that several calls fit in one transaction.
abstract contract ReentrancyGuard {
    bool private transient _entered;

    error ReentrancyGuard_Entered();

    modifier nonReentrant() {
        // INVARIANT: a token that calls back finds every door shut that moves tokens.
        if (_entered) revert ReentrancyGuard_Entered();
        _entered = true;
        _;
        _entered = false;
    }
}
